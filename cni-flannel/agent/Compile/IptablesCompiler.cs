using Podwire.CniFlannel.Agent.State;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.Compile;

/// <summary>
/// flannel's masquerading and forwarding rules as iptables(8) has them: chains, order and comments are flannel's, the text is what
/// <c>iptables -S</c> prints.
/// </summary>
internal static class IptablesCompiler
{
    /// <summary>The table, chain and built-in chain of the masquerading rules.</summary>
    public static IptablesChain Masquerading { get; } = new("nat", "FLANNEL-POSTRTG", "POSTROUTING", "flanneld masq", []);

    /// <summary>The table, chain and built-in chain of the forwarding rules.</summary>
    public static IptablesChain Forwarding { get; } = new("filter", "FLANNEL-FWD", "FORWARD", "flanneld forward", []);

    /// <summary>The chains of a family; one without rules is not to be.</summary>
    /// <param name="snapshot">Where the networks are.</param>
    /// <param name="family">The family.</param>
    /// <param name="masquerade">--ip-masq.</param>
    /// <param name="randomly">Source ports are taken at random.</param>
    /// <param name="forward">--iptables-forward-rules.</param>
    public static IReadOnlyList<IptablesChain> Compile(FlannelSnapshot snapshot, IpFamily family, bool masquerade, bool randomly, bool forward)
    {
        var cluster = snapshot.NetConf.Network(family);
        var pods = snapshot.Subnets[family];
        var multicast = family == IpFamily.V4 ? "224.0.0.0/4" : "ff00::/8";
        const string masq = "-m comment --comment \"flanneld masq\"";
        var translate = $"{masq} -j MASQUERADE{(randomly ? " --random-fully" : string.Empty)}";
        return
        [
            Masquerading with
            {
                Rules = !masquerade ? [] :
                [
                    $"-m mark --mark 0x4000/0x4000 {masq} -j RETURN",
                    $"-s {pods} -d {cluster} {masq} -j RETURN",
                    $"-s {cluster} -d {pods} {masq} -j RETURN",
                    $"! -s {cluster} -d {pods} {masq} -j RETURN",
                    $"-s {cluster} ! -d {multicast} {translate}",
                    $"! -s {cluster} -d {cluster} {translate}",
                ],
            },
            Forwarding with
            {
                Rules = !forward ? [] :
                [
                    $"-s {cluster} -m comment --comment \"flanneld forward\" -j ACCEPT",
                    $"-d {cluster} -m comment --comment \"flanneld forward\" -j ACCEPT",
                ],
            },
        ];
    }

    /// <summary>
    /// What iptables-restore(8) must be told so that chains become what they shall be; the empty text if they are. All chains of a table are one transaction.
    /// </summary>
    /// <param name="chains">What shall be.</param>
    /// <param name="actual">What there is of each: the rules of its own chain, null if there is no such chain, and how often the built-in chain jumps to it.</param>
    public static string Restore(IReadOnlyList<IptablesChain> chains, IReadOnlyList<(IReadOnlyList<string>? Rules, int Jumps)> actual)
    {
        var text = new System.Text.StringBuilder();
        for (var i = 0; i < chains.Count; i++)
        {
            var (chain, (rules, jumps)) = (chains[i], actual[i]);
            var wanted = chain.Rules.Count > 0;
            if (wanted ? rules is not null && jumps == 1 && rules.SequenceEqual(chain.Rules) : rules is null && jumps == 0)
            {
                continue;
            }

            text.Append('*').Append(chain.Table).Append('\n');

            // With --noflush this empties the chain, or makes it.
            text.Append(':').Append(chain.Name).Append(" - [0:0]\n");
            for (var extra = wanted ? 1 : 0; extra < jumps; extra++)
            {
                text.Append("-D ").Append(chain.Jump).Append('\n');
            }

            if (!wanted)
            {
                text.Append("-X ").Append(chain.Name).Append('\n');
            }

            foreach (var rule in chain.Rules)
            {
                text.Append("-A ").Append(chain.Name).Append(' ').Append(rule).Append('\n');
            }

            if (wanted && jumps == 0)
            {
                text.Append("-A ").Append(chain.Jump).Append('\n');
            }

            text.Append("COMMIT\n");
        }

        return text.ToString();
    }
}
