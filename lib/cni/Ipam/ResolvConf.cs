using System.Text;

namespace Podwire.Cni.Ipam;

/// <summary>Reads resolv.conf(5): <c>nameserver</c>, <c>domain</c>, <c>search</c>, <c>options</c>.</summary>
public static class ResolvConf
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="CniException">Code 5.</exception>
    public static CniDns Load(string path)
    {
        try
        {
            return Parse(Encoding.UTF8.GetString(File.ReadAllBytes(path)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CniException(CniErrorCode.IoFailure, $"ipam: cannot read resolvConf {path}", e.Message, e);
        }
    }

    /// <summary>Reads the text; lines that are comments or of no use are passed over, the last <c>domain</c> holds.</summary>
    public static CniDns Parse(string text)
    {
        List<string> nameservers = [], search = [], options = [];
        var domain = string.Empty;
        foreach (var line in text.Split('\n'))
        {
            var words = line.Split((char[])[' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 2 || words[0][0] is '#' or ';')
            {
                continue;
            }

            switch (words[0])
            {
                case "nameserver":
                    nameservers.Add(words[1]);
                    break;
                case "domain":
                    domain = words[1];
                    break;
                case "search":
                    search.AddRange(words[1..]);
                    break;
                case "options":
                    options.AddRange(words[1..]);
                    break;
                default:
                    break;
            }
        }

        return new CniDns { Nameservers = nameservers, Domain = domain, Search = search, Options = options };
    }
}
