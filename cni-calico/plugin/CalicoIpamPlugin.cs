using Podwire.Cni;
using Podwire.Primitives;

namespace Podwire.CniCalico.Plugin;

/// <summary>The plugin calico-ipam: addresses from Calico's pools, which the agent of this node gives out.</summary>
public sealed class CalicoIpamPlugin : IPlugin
{
    /// <summary>The name of its file.</summary>
    public const string Name = "calico-ipam";

    /// <inheritdoc/>
    public CniResult Add(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var conf = CalicoConf.Parse(call.Config);
        var words = new List<string> { "assign", $"handle={Handle(call)}", $"v4={Bit(conf.V4)}", $"v6={Bit(conf.V6)}", $"noipam={Bit(conf.AllowsNoIpam)}" };
        Add(words, "ns", call.Args["K8S_POD_NAMESPACE"]);
        Add(words, "pod", call.Args["K8S_POD_NAME"]);
        Add(words, "ip", call.Args["IP"]);
        Add(words, "pools4", string.Join(',', conf.PoolsV4));
        Add(words, "pools6", string.Join(',', conf.PoolsV6));
        var ips = new List<CniIp>();
        foreach (var text in AgentCall.Ask(conf.Socket, words))
        {
            ips.Add(IpAddress.TryParse(text, out var address)
                ? new CniIp { Address = IpPrefix.Host(address) }
                : throw new CniException(CniErrorCode.DelegateFailed, "podwire-calico answered something strange", text));
        }

        return new CniResult { Ips = ips };
    }

    /// <inheritdoc/>
    public void Del(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        AgentCall.Ask(CalicoConf.Parse(call.Config).Socket, "release", $"handle={Handle(call)}");
    }

    /// <inheritdoc/>
    public void Check(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var previous = call.Config.PrevResult ?? throw new CniException(CniErrorCode.InvalidNetworkConfig, "CHECK needs \"prevResult\"");
        var there = AgentCall.Ask(CalicoConf.Parse(call.Config).Socket, "find", $"handle={Handle(call)}");
        foreach (var ip in previous.Ips)
        {
            if (Array.IndexOf(there, ip.Address.Address.ToString()) < 0)
            {
                throw new CniException(CniErrorCode.CheckFailed, $"{ip.Address.Address} is not assigned to the container");
            }
        }
    }

    /// <inheritdoc/>
    public void Gc(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var words = new List<string> { "gc", $"network={call.Config.Name}" };
        foreach (var valid in call.ValidAttachments)
        {
            words.Add($"{call.Config.Name}.{valid.ContainerId}");
        }

        AgentCall.Ask(CalicoConf.Parse(call.Config).Socket, words);
    }

    /// <inheritdoc/>
    public void Status(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        try
        {
            AgentCall.Ask(CalicoConf.Parse(call.Config).Socket, "status");
        }
        catch (CniException e) when (e.Code == CniErrorCode.TryAgainLater)
        {
            throw new CniException(CniErrorCode.PluginNotAvailable, e.Message, e.Details, e);
        }
    }

    private static string Handle(PluginCall call) => $"{call.Config.Name}.{call.ContainerId}";

    private static string Bit(bool value) => value ? "1" : "0";

    private static void Add(List<string> words, string key, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            words.Add($"{key}={value}");
        }
    }
}
