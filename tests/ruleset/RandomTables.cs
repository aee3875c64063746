using Podwire.Primitives;

namespace Podwire.Ruleset.Tests;

/// <summary>Small tables in which all that refers to something else may come and go.</summary>
internal static class RandomTables
{
    /// <summary>A table that the kernel accepts: references hold, ranges do not overlap, chains do not loop.</summary>
    public static Table Next(Random random)
    {
        // Chain i may only go to chains above it: no loops.
        var chainCount = random.Next(1, 6);
        string[] chainNames = [.. Enumerable.Range(0, 6).OrderBy(_ => random.Next()).Take(chainCount).Order().Select(i => $"c{i}")];
        var sets = new List<SetObject>();
        for (var i = 0; i < 4; i++)
        {
            if (random.Next(4) == 0)
            {
                continue;
            }

            var elements = new List<SetElement>();
            var isMap = i < 2;
            var isInterval = i % 2 == 1 && random.Next(4) != 0;
            for (uint at = 0; at < 40; at += (uint)random.Next(1, 9))
            {
                var last = isInterval && random.Next(2) == 0 ? at + (uint)random.Next(1, 4) : at;
                elements.Add(new SetElement
                {
                    Key = NftScalar.Address(IpAddress.FromV4(at)),
                    KeyEnd = last == at ? default : NftData.Of(NftScalar.Address(IpAddress.FromV4(last))),
                    Verdict = !isMap ? null : random.Next(2) == 0 ? Verdict.Accept : Verdict.Goto(chainNames[^1]),
                    Comment = random.Next(4) == 0 ? $"n{random.Next(3)}" : null,
                });
                at = last + 1;
            }

            var flags = isInterval ? SetFlags.Interval : SetFlags.None;
            SetObject set = isMap
                ? new NftMap { Name = $"s{i}", Key = [NftType.Ipv4Address], Flags = flags, Elements = ValueList.From(elements) }
                : new NftSet { Name = $"s{i}", Key = [NftType.Ipv4Address], Flags = flags, Elements = ValueList.From(elements) };
            sets.Add(set);
        }

        var chains = new List<Chain>();
        for (var i = 0; i < chainNames.Length; i++)
        {
            var rules = new List<Rule>();
            for (var r = random.Next(4); r > 0; r--)
            {
                var usable = sets.Where(s => s is NftSet || i < chainNames.Length - 1).ToArray();
                rules.Add(random.Next(3) switch
                {
                    0 when i < chainNames.Length - 1 => Rule.Of(VerdictStatement.Jump(chainNames[random.Next(i + 1, chainNames.Length)])),
                    1 when usable.Length > 0 => usable[random.Next(usable.Length)] switch
                    {
                        NftMap map => Rule.Of(new VerdictMapLookup(Payload.IpSaddr, map.Name)),
                        var set => Rule.Of(new SetLookup(Payload.IpSaddr, set.Name), VerdictStatement.Accept),
                    },
                    _ => Rule.Of(new Counter(), VerdictStatement.Return),
                });
            }

            chains.Add(Chain.Regular(chainNames[i]) with { Rules = ValueList.From(rules) });
        }

        chains.Add(Chain.Hooked("base", new BaseChain(ChainType.Filter, (ChainHook)random.Next(1, 3), random.Next(2), random.Next(2) == 0), Rule.Of(VerdictStatement.Jump(chainNames[0]))));
        return new Table { Id = SampleTables.Proxy, Comment = random.Next(8) == 0 ? "other" : null, Chains = ValueList.From(chains), Sets = ValueList.From(sets) };
    }
}
