using System.Security.Cryptography.X509Certificates;

namespace Podwire.Kubelet.Server;

/// <summary>Who may ask: whoever has a client certificate of the cluster's authority.</summary>
/// <param name="authorities">The authority's certificates, in PEM.</param>
internal sealed class ClientCertificates(string authorities)
{
    private const string ClientAuth = "1.3.6.1.5.5.7.3.2"; // RFC 5280 section 4.2.1.12

    /// <summary>True if the certificate leads to the authority, is valid now and is for clients.</summary>
    public bool Accept(X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.ImportFromPem(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ApplicationPolicy.Add(new(ClientAuth));
        return chain.Build(certificate);
    }
}
