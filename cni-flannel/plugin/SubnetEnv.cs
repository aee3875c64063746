using System.Text;
using Podwire.Cni;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Plugin;

/// <summary>What flannel's agent wrote of this node: /run/flannel/subnet.env.</summary>
internal sealed record SubnetEnv
{
    /// <summary>FLANNEL_NETWORK and FLANNEL_IPV6_NETWORK: the pod networks; each may be a list with commas.</summary>
    public required IReadOnlyList<IpPrefix> Networks { get; init; }

    /// <summary>FLANNEL_SUBNET and FLANNEL_IPV6_SUBNET: this node's pod subnets, host bits zeroed.</summary>
    public required IReadOnlyList<IpPrefix> Subnets { get; init; }

    /// <summary>FLANNEL_MTU in bytes.</summary>
    public required int Mtu { get; init; }

    /// <summary>FLANNEL_IPMASQ: true if the agent masquerades, so that the plugin must not.</summary>
    public required bool IpMasq { get; init; }

    /// <summary>Reads the file.</summary>
    /// <exception cref="CniException">11 if it is not there: the agent has not got this node's subnet yet; 5 if it cannot be read; 7 if it says something that cannot be.</exception>
    public static SubnetEnv Load(string path)
    {
        string text;
        try
        {
            text = Encoding.UTF8.GetString(File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CniException(CniErrorCode.TryAgainLater, $"{path} is not there: the flannel agent has not got this node's subnet yet");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CniException(CniErrorCode.IoFailure, $"cannot read {path}", e.Message);
        }

        return Parse(text, path);
    }

    /// <summary>Reads the text; keys that are not known are passed over.</summary>
    internal static SubnetEnv Parse(string text, string path)
    {
        List<IpPrefix> networks = [], subnets = [];
        int? mtu = null;
        bool? masquerade = null;
        foreach (var line in text.Split('\n'))
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
            {
                continue;
            }

            var value = line[(equals + 1)..].Trim();
            switch (line[..equals].Trim())
            {
                case "FLANNEL_NETWORK" or "FLANNEL_IPV6_NETWORK":
                    foreach (var part in value.Split(','))
                    {
                        networks.Add(Prefix(part, path));
                    }

                    break;
                case "FLANNEL_SUBNET" or "FLANNEL_IPV6_SUBNET":
                    subnets.Add(Prefix(value, path));
                    break;
                case "FLANNEL_MTU":
                    mtu = int.TryParse(value, out var number) && number > 0 ? number : throw Invalid(path, $"FLANNEL_MTU '{value}' is not a number of bytes");
                    break;
                case "FLANNEL_IPMASQ":
                    masquerade = value == "true";
                    break;
            }
        }

        return networks.Count == 0 ? throw Invalid(path, "FLANNEL_NETWORK and FLANNEL_IPV6_NETWORK are missing")
            : subnets.Count == 0 ? throw Invalid(path, "FLANNEL_SUBNET and FLANNEL_IPV6_SUBNET are missing")
            : new SubnetEnv
            {
                Networks = networks,
                Subnets = subnets,
                Mtu = mtu ?? throw Invalid(path, "FLANNEL_MTU is missing"),
                IpMasq = masquerade ?? throw Invalid(path, "FLANNEL_IPMASQ is missing"),
            };
    }

    private static IpPrefix Prefix(string text, string path) => IpPrefix.TryParse(text.Trim(), out var prefix)
        ? prefix.Masked
        : throw Invalid(path, $"'{text}' is not a network");

    private static CniException Invalid(string path, string problem) => new(CniErrorCode.InvalidNetworkConfig, $"{path}: {problem}");
}
