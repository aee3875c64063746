using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Podwire.Kube;

/// <summary>
/// Whom we believe and what we show over TLS. A configuration with a certificate authority trusts that one alone, not
/// the machine's list.
/// </summary>
internal sealed class TlsTrust : IDisposable
{
    private readonly KubeConfig config;
    private readonly X509Certificate2Collection authorities = [];
    private readonly X509Certificate2Collection intermediates = [];
    private readonly X509Certificate2? client;

    public TlsTrust(KubeConfig config)
    {
        this.config = config;
        if (config.CertificateAuthorityPem is { } pem)
        {
            authorities = Load("certificate-authority", () =>
            {
                var all = new X509Certificate2Collection();
                all.ImportFromPem(pem);
                return all.Count > 0 ? all : throw new FormatException("it holds no certificate");
            });
        }

        if (config.ClientCertificatePem is { } certificate)
        {
            var key = config.ClientKeyPem ?? throw new KubeConfigException($"{config.Source}: client-certificate without client-key");
            client = Load("client-certificate or client-key", () => X509Certificate2.CreateFromPem(certificate, key));
            intermediates.ImportFromPem(certificate);
            intermediates[0].Dispose();
            intermediates.RemoveAt(0);
        }
    }

    public SslClientAuthenticationOptions ClientOptions()
    {
        var options = new SslClientAuthenticationOptions
        {
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        };
        if (client is not null)
        {
            options.ClientCertificateContext = SslStreamCertificateContext.Create(client, intermediates, offline: true);
        }

        if (config.InsecureSkipTlsVerify)
        {
#pragma warning disable CA5359 // The operator asked for it in the kubeconfig, by name.
            options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        }
        else if (authorities.Count > 0)
        {
            options.RemoteCertificateValidationCallback = Validate;
        }

        return options;
    }

    public void Dispose()
    {
        client?.Dispose();
        foreach (var certificate in authorities.Concat(intermediates))
        {
            certificate.Dispose();
        }
    }

    /// <summary>The name must fit (the framework has looked), and a chain must end in one of our authorities.</summary>
    private bool Validate(object sender, X509Certificate? certificate, X509Chain? presented, SslPolicyErrors errors)
    {
        if (certificate is null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != 0)
        {
            return false;
        }

        using var copy = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        // Two authorities of one name, as while one is being replaced, may hide each other in one store: ask them singly too.
        return LeadsTo(copy, presented, authorities)
            || (authorities.Count > 1 && authorities.Any(authority => LeadsTo(copy, presented, [authority])));
    }

    private static bool LeadsTo(X509Certificate2 certificate, X509Chain? presented, X509Certificate2Collection roots)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(roots);
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.1")); // serverAuth (RFC 5280 section 4.2.1.12)
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        foreach (var element in presented?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
        {
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        }

        return chain.Build(certificate);
    }

    private T Load<T>(string what, Func<T> load)
    {
        try
        {
            return load();
        }
        catch (Exception e) when (e is FormatException or ArgumentException or CryptographicException)
        {
            throw new KubeConfigException($"{config.Source}: the {what} cannot be used: {e.Message}", e);
        }
    }
}
