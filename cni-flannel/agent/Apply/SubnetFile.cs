using System.Text;
using Podwire.CniFlannel.Agent.State;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.Apply;

/// <summary>
/// subnet.env, by which flannel's CNI plugin learns this node's subnet. Written beside it and renamed, so that a reader sees the
/// old one or the new one; left alone if nothing changes.
/// </summary>
internal static class SubnetFile
{
    /// <summary>The text, as flanneld writes it.</summary>
    public static string Text(FlannelSnapshot snapshot, int mtu, bool masquerade)
    {
        var text = new StringBuilder();
        foreach (var family in snapshot.NetConf.Families)
        {
            var prefix = family == IpFamily.V4 ? "FLANNEL" : "FLANNEL_IPV6";
            var subnet = snapshot.Subnets[family];

            // The subnet is told by its first usable address, which becomes the gateway of the pods.
            text.Append(prefix).Append("_NETWORK=").Append(snapshot.NetConf.Network(family)).Append('\n');
            text.Append(prefix).Append("_SUBNET=").Append(new IpPrefix(subnet.First.Add(1), subnet.Length)).Append('\n');
        }

        return text.Append("FLANNEL_MTU=").Append(mtu).Append("\nFLANNEL_IPMASQ=").Append(masquerade ? "true" : "false").Append('\n').ToString();
    }

    /// <summary>Writes it if it differs; true if it was written.</summary>
    public static bool Write(string path, string text)
    {
        if (File.Exists(path) && File.ReadAllText(path) == text)
        {
            return false;
        }

        var directory = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Directory.CreateDirectory(directory);
        var temporary = Path.Combine(directory, $".{Path.GetFileName(path)}.{Environment.ProcessId}");
        File.WriteAllText(temporary, text);
        File.Move(temporary, path, overwrite: true);
        return true;
    }
}
