using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Podwire.Kubelet.Server;

/// <summary>The server's certificate: the one given, or one made by itself and kept under ROOT_DIR/pki, as the kubelet does.</summary>
internal static class ServingCertificate
{
    private static readonly TimeSpan Validity = TimeSpan.FromDays(365);

    /// <summary>Reads --tls-cert-file and --tls-private-key-file, or reads or makes ROOT_DIR/pki/kubelet.crt and kubelet.key.</summary>
    /// <exception cref="CryptographicException">A file is no certificate or key, or they do not belong together.</exception>
    public static X509Certificate2 Load(KubeletOptions options, TimeProvider clock)
    {
        if (options.TlsCertFile is { } certificate && options.TlsPrivateKeyFile is { } key)
        {
            return X509Certificate2.CreateFromPemFile(certificate, key);
        }

        var directory = Path.Combine(options.RootDirectory, "pki");
        var (certPath, keyPath) = (Path.Combine(directory, "kubelet.crt"), Path.Combine(directory, "kubelet.key"));
        if (File.Exists(certPath) && File.Exists(keyPath))
        {
            var kept = X509Certificate2.CreateFromPemFile(certPath, keyPath);
            if (kept.NotAfter - clock.GetUtcNow().UtcDateTime > Validity / 10 && kept.Subject == SubjectOf(options) && Names(kept).SetEquals(options.NodeIPs))
            {
                return kept;
            }

            kept.Dispose();
        }

        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        using var made = Make(options, clock.GetUtcNow());
        AtomicFile.Write(keyPath, System.Text.Encoding.ASCII.GetBytes(made.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem()));
        AtomicFile.Write(certPath, System.Text.Encoding.ASCII.GetBytes(made.ExportCertificatePem()));
        return X509Certificate2.CreateFromPemFile(certPath, keyPath);
    }

    private static string SubjectOf(KubeletOptions options) => $"CN={options.NodeName}";

    private static HashSet<string> Names(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(names => names.EnumerateIPAddresses()).Select(ip => ip.ToString()).ToHashSet();

    private static X509Certificate2 Make(KubeletOptions options, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(SubjectOf(options), key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(options.NodeName);
        foreach (var ip in options.NodeIPs)
        {
            names.AddIpAddress(IPAddress.Parse(ip));
        }

        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false)); // serverAuth, RFC 5280 section 4.2.1.12
        return request.CreateSelfSigned(now.AddHours(-1), now + Validity);
    }
}
