namespace Podwire.CniCalico.Ipam.Selectors;

/// <summary>Reads a selector by recursive descent: or, and, not, then a term.</summary>
internal sealed class SelectorReader(string text)
{
    // Deeper nesting is no selector that anybody wrote, and would end the stack.
    private const int MostDepth = 64;
    private int at;
    private int depth;

    /// <summary>Reads all of it.</summary>
    /// <exception cref="FormatException">It is malformed.</exception>
    public SelectorTerm Read()
    {
        var term = Or();
        Space();
        return at == text.Length ? term : throw Wrong("an operator or the end");
    }

    private SelectorTerm Or()
    {
        if (++depth > MostDepth)
        {
            throw new FormatException($"selector {Quoted}: nested deeper than {MostDepth}");
        }

        var left = And();
        while (Take("||"))
        {
            left = new SelectorTerm(SelectorKind.Or, left, And());
        }

        depth--;
        return left;
    }

    private SelectorTerm And()
    {
        var left = Not();
        while (Take("&&"))
        {
            left = new SelectorTerm(SelectorKind.And, left, Not());
        }

        return left;
    }

    private SelectorTerm Not()
    {
        var negations = 0;
        while (Take("!"))
        {
            negations++;
        }

        var term = Term();
        return negations % 2 == 1 ? new SelectorTerm(SelectorKind.Not, term) : term;
    }

    private SelectorTerm Term()
    {
        if (Take("("))
        {
            var inner = Or();
            Demand(")");
            return inner;
        }

        var name = Name();
        if (name is "all" or "global" && Take("("))
        {
            Demand(")");
            return new SelectorTerm(SelectorKind.All);
        }

        if (name == "has" && Take("("))
        {
            var label = Name();
            Demand(")");
            return new SelectorTerm(SelectorKind.Has, Label: label);
        }

        return Comparison(name);
    }

    private SelectorTerm Comparison(string label)
    {
        if (Take("=="))
        {
            return new SelectorTerm(SelectorKind.In, Label: label, Values: [Value()]);
        }

        if (Take("!="))
        {
            return new SelectorTerm(SelectorKind.NotIn, Label: label, Values: [Value()]);
        }

        if (TakeWord("not"))
        {
            DemandWord("in");
            return new SelectorTerm(SelectorKind.NotIn, Label: label, Values: Set());
        }

        if (TakeWord("in"))
        {
            return new SelectorTerm(SelectorKind.In, Label: label, Values: Set());
        }

        if (TakeWord("contains"))
        {
            return new SelectorTerm(SelectorKind.Contains, Label: label, Values: [Value()]);
        }

        if (TakeWord("starts"))
        {
            DemandWord("with");
            return new SelectorTerm(SelectorKind.StartsWith, Label: label, Values: [Value()]);
        }

        if (TakeWord("ends"))
        {
            DemandWord("with");
            return new SelectorTerm(SelectorKind.EndsWith, Label: label, Values: [Value()]);
        }

        throw Wrong("==, !=, in, not in, contains, starts with or ends with");
    }

    private List<string> Set()
    {
        var values = new List<string>();
        Demand("{");
        if (Take("}"))
        {
            return values;
        }

        do
        {
            values.Add(Value());
        }
        while (Take(","));
        Demand("}");
        return values;
    }

    private string Value()
    {
        Space();
        if (at < text.Length && text[at] is '\'' or '"')
        {
            var end = text.IndexOf(text[at], at + 1);
            if (end > 0)
            {
                var value = text[(at + 1)..end];
                at = end + 1;
                return value;
            }
        }

        throw Wrong("a value in quotes");
    }

    private string Name()
    {
        Space();
        var start = at;
        while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] is '_' or '-' or '.' or '/'))
        {
            at++;
        }

        return at > start ? text[start..at] : throw Wrong("a label");
    }

    private bool Take(string token)
    {
        Space();
        // «!» is a token of its own only where it does not begin «!=».
        if (string.CompareOrdinal(text, at, token, 0, token.Length) != 0 || (token == "!" && at + 1 < text.Length && text[at + 1] == '='))
        {
            return false;
        }

        at += token.Length;
        return true;
    }

    private bool TakeWord(string word)
    {
        Space();
        var end = at + word.Length;
        if (string.CompareOrdinal(text, at, word, 0, word.Length) != 0 || (end < text.Length && char.IsAsciiLetterOrDigit(text[end])))
        {
            return false;
        }

        at = end;
        return true;
    }

    private void Demand(string token)
    {
        if (!Take(token))
        {
            throw Wrong($"'{token}'");
        }
    }

    private void DemandWord(string word)
    {
        if (!TakeWord(word))
        {
            throw Wrong($"'{word}'");
        }
    }

    private void Space()
    {
        while (at < text.Length && char.IsWhiteSpace(text[at]))
        {
            at++;
        }
    }

    private string Quoted => text.Length > 200 ? $"'{text.AsSpan(0, 200)}…'" : $"'{text}'";

    private FormatException Wrong(string expected) => new($"selector {Quoted}: at character {at + 1} stands {(at < text.Length ? $"'{text[at]}'" : "the end")} instead of {expected}");
}
