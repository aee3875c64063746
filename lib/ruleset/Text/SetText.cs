using System.Text;

namespace Podwire.Ruleset;

/// <summary>Writes sets, maps and their elements in the syntax of nft(8).</summary>
internal static class SetText
{
    /// <summary><c>@name</c>, or the set itself.</summary>
    public static string Reference(SetReference reference)
    {
        if (reference.Inline is not { } set)
        {
            return $"@{reference.Name}";
        }

        var text = new StringBuilder("{ ");
        for (var i = 0; i < set.Elements.Count; i++)
        {
            text.Append(i == 0 ? string.Empty : ", ");
            Element(text, set, set.Elements[i]);
        }

        return text.Append(" }").ToString();
    }

    /// <summary>What stands between the braces of a declaration, one statement per item.</summary>
    public static IEnumerable<string> Declaration(SetObject set)
    {
        var data = set is NftMap map ? $" : {(map.IsVerdictMap ? "verdict" : Types(map.Data, UsesTypeOf(set)))}" : string.Empty;
        yield return $"{(UsesTypeOf(set) ? "typeof" : "type")} {Types(set.Key, UsesTypeOf(set))}{data}";
        if (set.Size != 0)
        {
            yield return $"size {set.Size}";
        }

        if (Flags(set.Flags) is { Length: > 0 } flags)
        {
            yield return $"flags {flags}";
        }

        if (set.Timeout is { } timeout)
        {
            yield return $"timeout {ValueText.Time(timeout)}";
        }

        if (set.Counters)
        {
            yield return "counter";
        }

        if (set.Comment is { } comment)
        {
            yield return $"comment {ValueText.Quoted(comment)}";
        }
    }

    /// <summary>One element.</summary>
    public static void Element(StringBuilder text, SetObject set, SetElement element)
    {
        text.Append(ValueText.Key(set.Key, element.Key, element.KeyEnd));
        if (element.Counter is { } counter)
        {
            text.Append($" counter packets {counter.Packets} bytes {counter.Bytes}");
        }

        if (element.Timeout is { } timeout)
        {
            text.Append($" timeout {ValueText.Time(timeout)}");
        }

        if (element.Comment is { } comment)
        {
            text.Append(" comment ").Append(ValueText.Quoted(comment));
        }

        if (set is NftMap map)
        {
            text.Append(" : ").Append(map.IsVerdictMap ? element.Verdict?.ToString() : ValueText.Key(map.Data, element.Data));
        }
    }

    private static bool UsesTypeOf(SetObject set) => set.Key.Any(static f => f.TypeOf is not null);

    private static string Types(ValueList<KeyField> fields, bool typeOf) =>
        string.Join(" . ", fields.Select(f => typeOf && f.TypeOf is { } expression ? ExpressionText.Write(expression) : f.Type.Name));

    private static string Flags(SetFlags flags)
    {
        var words = new List<string>();
        if ((flags & SetFlags.Interval) != 0)
        {
            words.Add("interval");
        }

        if ((flags & SetFlags.Dynamic) != 0)
        {
            words.Add("dynamic");
        }

        if ((flags & SetFlags.Timeout) != 0)
        {
            words.Add("timeout");
        }

        return string.Join(',', words);
    }
}
