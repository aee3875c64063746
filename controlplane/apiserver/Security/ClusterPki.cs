using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Podwire.ApiServer.Security;

/// <summary>
/// The cluster's certificates: an own authority in a directory (ca.crt, ca.key), serving and client certificates signed by it, and
/// kubeconfigs that carry theirs. All keys are ECDSA P-256; private files have mode 0600. The authority lasts ten years, what it
/// signs one year; what is within 30 days of its end is made anew when asked for.
/// </summary>
public sealed class ClusterPki : IDisposable
{
    private static readonly TimeSpan AuthorityLifetime = TimeSpan.FromDays(3652);
    private static readonly TimeSpan LeafLifetime = TimeSpan.FromDays(365);
    private static readonly TimeSpan RenewBefore = TimeSpan.FromDays(30);
    private static readonly TimeSpan ClockSkew = TimeSpan.FromHours(1);
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TimeProvider time;

    private ClusterPki(string directory, X509Certificate2 authority, TimeProvider time)
    {
        Directory = directory;
        Authority = authority;
        this.time = time;
    }

    /// <summary>Where the files are.</summary>
    public string Directory { get; }

    /// <summary>The authority with its key.</summary>
    public X509Certificate2 Authority { get; }

    /// <summary>The authority's certificate in PEM, for clients.</summary>
    public string AuthorityPem => Authority.ExportCertificatePem() + "\n";

    /// <summary>Reads the authority of a directory, or makes the directory and the authority.</summary>
    /// <exception cref="CryptographicException">The files do not hold a certificate and its key.</exception>
    /// <exception cref="IOException">The directory or a file cannot be read or written.</exception>
    public static ClusterPki OpenOrCreate(string directory, TimeProvider? time = null)
    {
        time ??= TimeProvider.System;
        System.IO.Directory.CreateDirectory(directory);
        var (certificateFile, keyFile) = (Path.Combine(directory, "ca.crt"), Path.Combine(directory, "ca.key"));
        if (!File.Exists(certificateFile) || !File.Exists(keyFile))
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest("CN=podwire-ca", key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
            request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign | X509KeyUsageFlags.DigitalSignature, true));
            request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
            var now = time.GetUtcNow();
            using var made = request.CreateSelfSigned(now - ClockSkew, now + AuthorityLifetime);

            // The key first: a certificate without its key is not taken for an authority above.
            WriteFile(keyFile, key.ExportPkcs8PrivateKeyPem() + "\n", Private);
            WriteFile(certificateFile, made.ExportCertificatePem() + "\n", Private | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        }

        return new ClusterPki(directory, X509Certificate2.CreateFromPemFile(certificateFile, keyFile), time);
    }

    /// <summary>A serving certificate with these names and addresses (besides localhost, 127.0.0.1, ::1 and the kubernetes Service's names). Not written to a file.</summary>
    public X509Certificate2 CreateServingCertificate(IEnumerable<string> dnsNames, IEnumerable<IPAddress> addresses)
    {
        var names = new SubjectAlternativeNameBuilder();
        foreach (var name in new[] { "localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local" }.Concat(dnsNames).Distinct())
        {
            names.AddDnsName(name);
        }

        foreach (var address in addresses.Append(IPAddress.Loopback).Append(IPAddress.IPv6Loopback).Distinct())
        {
            names.AddIpAddress(address);
        }

        return Sign("kube-apiserver", [], "1.3.6.1.5.5.7.3.1", names.Build());
    }

    /// <summary>A serving certificate for a kubelet, as it would get by certificate signing; its names are the node's.</summary>
    public (string CertificatePem, string KeyPem) CreateKubeletServingCertificate(string nodeName, IEnumerable<IPAddress> addresses)
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(nodeName);
        foreach (var address in addresses)
        {
            names.AddIpAddress(address);
        }

        using var certificate = Sign(UserInfo.NodePrefix + nodeName, [UserInfo.NodesGroup], "1.3.6.1.5.5.7.3.1", names.Build());
        return (certificate.ExportCertificatePem() + "\n", KeyPem(certificate));
    }

    /// <summary>A client certificate with its key.</summary>
    public X509Certificate2 CreateClientCertificate(ClientIdentity identity) =>
        Sign(identity.CommonName, identity.Organizations, "1.3.6.1.5.5.7.3.2", null);

    /// <summary>
    /// Makes <c>FILENAME.kubeconfig</c> in the directory, unless it is there for the same server and lasts; its path.
    /// </summary>
    /// <param name="identity">Whose it is.</param>
    /// <param name="server">The API server's URL.</param>
    public string EnsureKubeconfig(ClientIdentity identity, string server)
    {
        var path = Path.Combine(Directory, identity.FileName + ".kubeconfig");
        if (!IsCurrent(path, server))
        {
            WriteKubeconfig(path, identity, server);
        }

        return path;
    }

    /// <summary>Writes a kubeconfig with embedded data to a path, mode 0600, replacing what is there in one step.</summary>
    public void WriteKubeconfig(string path, ClientIdentity identity, string server)
    {
        using var certificate = CreateClientCertificate(identity);
        WriteFile(path, Kubeconfig(identity, server, certificate), Private);
    }

    /// <inheritdoc/>
    public void Dispose() => Authority.Dispose();

    private string Kubeconfig(ClientIdentity identity, string server, X509Certificate2 certificate) =>
        $"""
        apiVersion: v1
        kind: Config
        clusters:
        - name: podwire
          cluster:
            server: {server}
            certificate-authority-data: {Base64(AuthorityPem)}
        users:
        - name: {identity.FileName}
          user:
            client-certificate-data: {Base64(certificate.ExportCertificatePem() + "\n")}
            client-key-data: {Base64(KeyPem(certificate))}
        contexts:
        - name: {identity.FileName}@podwire
          context:
            cluster: podwire
            user: {identity.FileName}
        current-context: {identity.FileName}@podwire

        """;

    private bool IsCurrent(string path, string server)
    {
        if (!File.Exists(path))
        {
            return false;
        }

        try
        {
            var lines = File.ReadAllLines(path);
            string? Value(string key) => lines.Select(line => line.Trim()).FirstOrDefault(line => line.StartsWith(key + ": ", StringComparison.Ordinal))?[(key.Length + 2)..];
            if (Value("server") != server || Value("certificate-authority-data") != Base64(AuthorityPem) || Value("client-certificate-data") is not { } data)
            {
                return false;
            }

            using var certificate = X509Certificate2.CreateFromPem(Encoding.UTF8.GetString(Convert.FromBase64String(data)));
            return certificate.NotAfter.ToUniversalTime() - RenewBefore > time.GetUtcNow().UtcDateTime;
        }
        catch (Exception error) when (error is FormatException or CryptographicException)
        {
            return false;
        }
    }

    private X509Certificate2 Sign(string commonName, IReadOnlyList<string> organizations, string usage, X509Extension? names)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(Subject(commonName, organizations), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Authority, true, false));
        if (names is not null)
        {
            request.CertificateExtensions.Add(names);
        }

        var now = time.GetUtcNow();
        var end = now + LeafLifetime;
        using var signed = request.Create(Authority, now - ClockSkew, end < Authority.NotAfter ? end : Authority.NotAfter, RandomNumberGenerator.GetBytes(16));
        return signed.CopyWithPrivateKey(key);
    }

    private static X500DistinguishedName Subject(string commonName, IReadOnlyList<string> organizations)
    {
        var builder = new X500DistinguishedNameBuilder();
        foreach (var organization in organizations)
        {
            builder.AddOrganizationName(organization);
        }

        builder.AddCommonName(commonName);
        return builder.Build();
    }

    private static string KeyPem(X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPrivateKey()!;
        return key.ExportPkcs8PrivateKeyPem() + "\n";
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static void WriteFile(string path, string text, UnixFileMode mode)
    {
        var temporary = $"{path}.{Environment.ProcessId}.new";
        File.Delete(temporary);
        using (var stream = new FileStream(temporary, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = mode }))
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }
}
