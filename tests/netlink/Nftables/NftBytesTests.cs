using System.Text;
using Podwire.Netlink.Interop;
using Podwire.Netlink.Nftables;
using Podwire.Ruleset;

namespace Podwire.Netlink.Tests.Nftables;

/// <summary>
/// Against what nft 1.0.6 sent for a small ruleset, recorded with strace (-e write=all): its bytes are read into the model,
/// and the model is written as the same bytes but for the differences that are told here.
/// </summary>
public class NftBytesTests
{
    private static readonly TableId Id = new(TableFamily.Ip, "t");

    private static readonly string[] Rules =
    [
        "meta mark set meta mark ^ 0x00004000",
        "ip daddr . meta l4proto . th dport vmap @service-ips",
        "fib daddr type local jump e",
        "ct status dnat ip saddr . ip daddr @hairpin return",
        "meta l4proto tcp dnat ip to ip daddr . meta l4proto . th dport . numgen random mod 3 map @service-endpoints",
        "update @aff { ip saddr timeout 1h }",
        "ip saddr != @aff counter drop comment \"a rule\"",
        "masquerade fully-random",
        "reject with icmp port-unreachable",
        "limit rate 10/minute burst 7 packets log prefix \"x\" group 5 accept",
        "th dport != 80-90 meta mark set numgen random mod 3 offset 100",
        "ct original ip saddr 1.2.3.4 ct mark set 0x00000005",
        "ct state established,related goto e",
    ];

    [Fact]
    public void Read_WhatNftSent_IsTheRulesetItWasGiven()
    {
        var table = ReadCapture(Capture.Load("nftables.request"));
        Assert.Equal(Rules, table.FindChain("c")!.Rules.Select(r => NftText.Write(TableFamily.Ip, r)));
        var endpoints = Assert.IsType<NftMap>(table.FindSet("service-endpoints"));
        Assert.Equal("endpoints", endpoints.Comment);
        Assert.Equal("10.96.0.2 . tcp . 80 . 0 comment \"ns/svc:http\" : 10.244.0.17 . 8080", NftText.Write(endpoints, endpoints.Elements[0]));
        Assert.Equal(new Numgen(1), endpoints.Key[3].TypeOf);
        Assert.Equal(Payload.ThDport, endpoints.Data[1].TypeOf);
        var blocks = table.FindSet("blocks")!;
        Assert.Equal(["10.0.0.0/8", "192.168.0.1-192.168.0.5"], blocks.Elements.Select(e => NftText.Write(blocks, e)));
        Assert.Equal(SetFlags.Dynamic | SetFlags.Timeout, table.FindSet("aff")!.Flags);
        Assert.Equal(100u, table.FindSet("aff")!.Size);
        Assert.True(table.FindSet("service-ips")!.Counters);
    }

    /// <summary>
    /// Message by message the same attributes, and expressions and elements in the same order. Not compared are the batch's own numbers of sets (this
    /// writer names sets that have a name) and what differs on purpose: userdata of an empty typeof is not written, the operation of bitwise is, and
    /// the mark of a gap before the first range is not.
    /// </summary>
    [Fact]
    public void Write_TheSameRuleset_IsWhatNftSent()
    {
        var capture = Capture.Load("nftables.request");
        var table = ReadCapture(capture);
        var batch = new NftBatch().Add(new AddTable(Id));
        foreach (var name in (string[])["e", "c"])
        {
            batch.Add(new AddChain(Id, table.FindChain(name)! with { Rules = [] }));
        }

        foreach (var name in (string[])["aff", "hairpin", "service-ips", "service-endpoints", "blocks"])
        {
            var set = table.FindSet(name)!;
            batch.Add(new AddSet(Id, set with { Elements = [] }));
            batch.AddElements(Id, set, set.Elements.AsSpan());
        }

        foreach (var rule in table.FindChain("c")!.Rules)
        {
            batch.Add(new AddRule(Id, "c", rule));
        }

        var writer = new NetlinkWriter(stackalloc byte[8192]);
        new BatchWriter().Write(ref writer, batch, null);
        Assert.Equal(Describe(capture), Describe(writer.Written));
        writer.Dispose();
    }

    [Fact]
    public void Write_Generation_IsInTheBeginOfTheBatch()
    {
        var writer = new NetlinkWriter(stackalloc byte[256]);
        new BatchWriter().Write(ref writer, new NftBatch().Add(new DeleteTable(Id)), 0x01020304);
        Assert.Equal(
            "1c00000010000100" + "0000000000000000" + "0000000a" + "0800010001020304"
            + "1c000000020a0100" + "0000000000000000" + "02000000" + "0600010074000000"
            + "1400000011000100" + "0000000000000000" + "0000000a",
            Convert.ToHexStringLower(writer.Written));
        writer.Dispose();
    }

    [Fact]
    public void Write_ManyElements_EndsEachMessageBelow64Kilobytes()
    {
        var set = new NftSet { Name = "s", Key = [NftType.Ipv6Address, NftType.Ipv6Address], Flags = SetFlags.Interval };
        var key = NftData.FromBytes(Enumerable.Repeat((byte)1, 32).ToArray());
        var element = new SetElement { Key = key, KeyEnd = NftData.FromBytes(Enumerable.Repeat((byte)2, 32).ToArray()), Comment = new string('x', 127) };
        var batch = new NftBatch().AddElements(Id, set, Enumerable.Repeat(element, 5000).ToArray());
        var messages = new BatchWriter();
        var writer = new NetlinkWriter(stackalloc byte[256]);
        messages.Write(ref writer, batch, null);
        var reader = new NetlinkMessageReader(writer.Written);
        var elements = new List<ElementMessage.RawElement>();
        var count = 0;
        while (reader.Read(out var message))
        {
            count++;
            if (message.Type == NfGenMessage.Type(NfTables.NFT_MSG_NEWSETELEM))
            {
                Assert.InRange(message.Payload.Length, 1, 65_535);
                ElementMessage.Read(message.Attributes(NfGenMessage.Size), elements, new ReadPool());
            }
        }

        Assert.Equal(5000, elements.Count);
        Assert.All(elements, e => Assert.Equal(element, e.Element));
        Assert.Equal(count, messages.Owners.Count);
        Assert.InRange(count, 12, 20);
        writer.Dispose();
    }

    /// <summary>Damaged bytes give the protocol exception, or something that is read; nothing else comes out.</summary>
    [Fact]
    public void Read_DamagedBytes_GivesTheProtocolExceptionOnly()
    {
        var original = Capture.Load("nftables.request");
        var random = new Random(1);
        for (var i = 0; i < 4000; i++)
        {
            var damaged = original[..random.Next(20, original.Length + 1)];
            for (var n = random.Next(1, 6); n > 0; n--)
            {
                damaged[random.Next(20, damaged.Length)] = (byte)random.Next(256);
            }

            try
            {
                NftText.Write(ReadCapture(damaged));
            }
            catch (NetlinkProtocolException)
            {
            }
            catch (ArgumentException e) when (e.Message.StartsWith("two objects", StringComparison.Ordinal))
            {
                // The kernel gives no two objects of one name; the model refuses them.
            }
        }
    }

    private static Table ReadCapture(ReadOnlySpan<byte> bytes)
    {
        var sets = new Dictionary<string, SetObject>();
        var elements = new Dictionary<string, List<ElementMessage.RawElement>>();
        var chains = new Dictionary<string, Chain>();
        var rules = new List<Rule>();
        var reader = new NetlinkMessageReader(bytes);
        while (reader.Read(out var message))
        {
            if (message.Type >> 8 != NfTables.NFNL_SUBSYS_NFTABLES)
            {
                continue;
            }

            var attributes = message.Attributes(NfGenMessage.Size);
            switch (message.Type & 0xff)
            {
                case NfTables.NFT_MSG_NEWCHAIN:
                    var chain = ChainMessage.Read(attributes, TableFamily.Ip, out _);
                    chains[chain.Name] = chain;
                    break;
                case NfTables.NFT_MSG_NEWSET:
                    var set = SetMessage.Read(attributes);
                    sets[set.Name] = set;
                    break;
                case NfTables.NFT_MSG_NEWSETELEM:
                    var name = string.Empty;
                    for (var search = attributes; search.Read();)
                    {
                        name = search.Type == NfTables.NFTA_SET_ELEM_LIST_SET ? search.String() : name;
                    }

                    ElementMessage.Read(attributes, elements.TryGetValue(name, out var list) ? list : elements[name] = [], new ReadPool());
                    break;
                case NfTables.NFT_MSG_NEWRULE:
                    rules.Add(NftSocket.ReadRule(attributes, new RuleReader(sets), out _).Rule);
                    break;
            }
        }

        return new Table
        {
            Id = Id,
            Chains = ValueList.From(chains.Values.Select(c => c.Name == "c" ? c with { Rules = ValueList.From(rules) } : c)),
            Sets = ValueList.From(sets.Values.Select(s => elements.TryGetValue(s.Name, out var raw) ? s with { Elements = ElementMessage.Assemble(s, raw) } : s)),
        };
    }

    private static string Describe(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        var reader = new NetlinkMessageReader(bytes);
        while (reader.Read(out var message))
        {
            // nft leaves NLM_F_CREATE out where a table is added.
            text.Append($"{message.Type:x4} {message.Flags & ~(message.Type == NfGenMessage.Type(NfTables.NFT_MSG_NEWTABLE) ? NetlinkFlags.Create : 0)}\n");
            text.Append(Describe(message.Attributes(NfGenMessage.Size), $"/{message.Type & 0xff}", string.Empty));
        }

        return text.ToString();
    }

    // The path of an attribute is its types from the outside in; the items of a list are all «-», and an expression's data is under its name.
    private static string Describe(AttributeReader attributes, string path, string indent)
    {
        var isList = path is "/12/3" or "/6/4";
        var lines = new List<(int Type, string Text)>();
        var expression = string.Empty;
        while (attributes.Read())
        {
            var at = $"{path}/{(isList ? "-" : attributes.Type)}";
            if (at is "/9/10" or "/9/13" or "/12/4" or "/6/4/-/lookup/4" or "/6/4/-/dynset/2" or "/6/4/-/bitwise/6")
            {
                continue;
            }

            if (at == "/6/4/-/1")
            {
                expression = attributes.String();
            }

            var inner = at == "/6/4/-/2" ? $"/6/4/-/{expression}" : at;
            var value = attributes.IsNested ? "\n" + Describe(attributes.Nested(), inner, indent + "  ") : Convert.ToHexStringLower(attributes.Data) + "\n";
            if (at == "/12/3/-" && value.Contains("3 00000001\n") && value.Contains("1 00000000\n"))
            {
                continue;
            }

            lines.Add((isList ? 0 : attributes.Type, $"{indent}{(isList ? "-" : attributes.Type)} {value}"));
        }

        return string.Concat(lines.OrderBy(static l => l.Type).Select(static l => l.Text));
    }
}
