using System.Formats.Asn1;
using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;

namespace Podwire.ApiServer.Security;

/// <summary>x509 authentication: a chain to the cluster's authority, CN is the user, each O a group.</summary>
internal sealed class CertificateAuthenticator(X509Certificate2 authority)
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private const string CommonName = "2.5.4.3";
    private const string Organization = "2.5.4.10";

    private readonly ConditionalWeakTable<X509Certificate2, UserInfo> users = [];

    /// <summary>True if the certificate was signed by the authority, for clients, and is valid now.</summary>
    public bool IsTrusted(X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(new(ClientAuthentication));
        return chain.Build(certificate);
    }

    /// <summary>The user of a connection whose certificate was found trusted in the handshake.</summary>
    public UserInfo Identify(X509Certificate2? certificate) => certificate is null ? UserInfo.Anonymous : users.GetValue(certificate, Read);

    private static UserInfo Read(X509Certificate2 certificate)
    {
        var name = string.Empty;
        var groups = new List<string>();
        var sequence = new AsnReader(certificate.SubjectName.RawData, AsnEncodingRules.DER).ReadSequence();
        while (sequence.HasData)
        {
            var set = sequence.ReadSetOf();
            while (set.HasData)
            {
                var attribute = set.ReadSequence();
                var type = attribute.ReadObjectIdentifier();
                var tag = attribute.PeekTag();
                if (type is CommonName or Organization)
                {
                    var value = attribute.ReadCharacterString((UniversalTagNumber)tag.TagValue);
                    if (type == CommonName)
                    {
                        name = value;
                    }
                    else
                    {
                        groups.Add(value);
                    }
                }
            }
        }

        groups.Add("system:authenticated");
        return new UserInfo(name, groups);
    }
}
