using FsCheck;
using FsCheck.Fluent;
using Podwire.Proxy.Compile.Iptables;

namespace Podwire.Proxy.Tests.Iptables;

/// <summary>Lines as iptables-save 1.8.9 prints them, and what is meant by them.</summary>
public sealed class IptablesReaderTests
{
    [Theory]
    [InlineData("-d 10.96.0.1/32 -p tcp -m comment --comment \"default/kubernetes:https cluster IP\" -m tcp --dport 443 -j KUBE-SVC-NPX46M4PTMTKRN6Y", "-m comment --comment \"default/kubernetes:https cluster IP\" -m tcp -p tcp -d 10.96.0.1 --dport 443 -j KUBE-SVC-NPX46M4PTMTKRN6Y")]
    [InlineData("-j MARK --set-xmark 0x4000/0x4000", "-j MARK --or-mark 0x4000")]
    [InlineData("-j MARK --set-xmark 0x4000/0x0", "-j MARK --xor-mark 0x4000")]
    [InlineData("-m comment --comment x -m statistic --mode random --probability 0.33333333349 -j KUBE-SEP-A", "-m comment --comment x -m statistic --mode random --probability 0.3333333333 -j KUBE-SEP-A")]
    [InlineData("-m recent --rcheck --seconds 10800 --reap --name KUBE-SEP-A --mask 255.255.255.255 --rsource -j KUBE-SEP-A", "-m recent --name KUBE-SEP-A --rcheck --seconds 10800 --reap -j KUBE-SEP-A")]
    [InlineData("-p tcp -m recent --set --name KUBE-SEP-A --mask ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff --rsource -m tcp -j DNAT --to-destination [fd44::2]:8080", "-m recent --name KUBE-SEP-A --set -m tcp -p tcp -j DNAT --to-destination [fd44::2]:8080")]
    [InlineData("-d 10.96.0.9/32 -p udp -m comment --comment \"a/b has no endpoints\" -m udp --dport 53 -j REJECT --reject-with icmp-port-unreachable", "-d 10.96.0.9 -p udp -m comment --comment \"a/b has no endpoints\" -m udp --dport 53 -j REJECT")]
    [InlineData("! -s 127.0.0.0/8 -d 127.0.0.0/8 -m comment --comment \"block incoming localnet connections\" -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP", "-m comment --comment \"block incoming localnet connections\" -d 127.0.0.0/8 ! -s 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP")]
    [InlineData("-m mark ! --mark 0x4000/0x4000 -j RETURN", "-m mark ! --mark 0x00004000/0x00004000 -j RETURN")]
    public void ReadRule_WrittenAndSavedForm_AreEqual(string saved, string written)
    {
        // kube-proxy puts -p behind -m; the options of both then stand together.
        var rule = IptablesReader.ReadRule(saved);

        Assert.DoesNotContain(rule.Matches, match => match is IptablesMatch.Other);
        Assert.IsNotType<IptablesTarget.Other>(rule.Target);
        Assert.Equal(rule, IptablesReader.ReadRule(rule.ToString()));
        Assert.Equal(rule.ToString(), IptablesReader.ReadRule(Normal(written)).ToString());
    }

    [Theory]
    [InlineData("-p tcp -m multiport --dports 80,443 -j KUBE-SVC-A")]
    [InlineData("-o eth0 -j MASQUERADE")]
    [InlineData("-p icmp -j ACCEPT")]
    [InlineData("-m comment --comment x -g KUBE-SVC-A")]
    [InlineData("-j MASQUERADE --to-ports 1024-2048")]
    [InlineData("-m recent --update --seconds 5 --name A --rsource -j DROP")]
    [InlineData("! -p tcp -j DROP")]
    public void ReadRule_OfSomebodyElse_IsKeptAndEqualsNothingOfOurs(string text)
    {
        var rule = IptablesReader.ReadRule(text);

        Assert.True(rule.Target is IptablesTarget.Other || rule.Matches.Any(match => match is IptablesMatch.Other));
        Assert.Equal(rule, IptablesReader.ReadRule(text));
    }

    [Theory]
    [InlineData("-A INPUT -j ACCEPT")]
    [InlineData("*nat\n-A\nCOMMIT")]
    [InlineData("*nat\nnonsense\nCOMMIT")]
    public void Read_WhatIptablesSaveNeverWrites_NamesTheLine(string text) => Assert.StartsWith("line ", Assert.Throws<FormatException>(() => IptablesReader.Read(text)).Message);

    [Fact]
    public void Read_AnyText_IsReadOrRefusedByLine() => Prop.ForAll(
        ArbMap.Default.GeneratorFor<int[]>().ToArbitrary(),
        seeds =>
        {
            string[] words = ["*nat", ":A - [0:0]", "-A", "A", "-s", "10.0.0.0/8", "!", "-m", "recent", "--name", "\"", "\\", "-j", "DNAT", "--to-destination", ":", "[", "--mark", "0x", "/", "\n", "COMMIT", "-p", "tcp", "--dport", "99999", "conntrack", "--ctstate", "NEW,"];
            var text = string.Join(' ', seeds.Select(seed => words[(int)((uint)seed % words.Length)])).Replace(" \n ", "\n");
            try
            {
                IptablesReader.Read(text);
            }
            catch (FormatException e)
            {
                Assert.StartsWith("line ", e.Message);
            }
        }).Check(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(2000).WithEndSize(60));

    /// <summary>-s, -d and -p in front, as iptables-save has them: iptables takes them anywhere.</summary>
    private static string Normal(string text)
    {
        var words = text.Split(' ').ToList();
        var head = new List<string>();
        foreach (var option in (string[])["-s", "-d", "-p"])
        {
            var at = words.IndexOf(option);
            if (at >= 0)
            {
                var from = at > 0 && words[at - 1] == "!" ? at - 1 : at;
                head.AddRange(words[from..(at + 2)]);
                words.RemoveRange(from, at + 2 - from);
            }
        }

        return string.Join(' ', head.Concat(words));
    }
}
