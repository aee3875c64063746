using System.Globalization;

namespace Podwire.Kube.Selectors;

/// <summary>Reads a selector's string form, by the grammar that apimachinery pkg/labels documents.</summary>
internal sealed class SelectorParser(string text)
{
    private int at;

    public List<SelectorRequirement> Parse()
    {
        var terms = new List<SelectorRequirement>();
        SkipSpace();
        if (at == text.Length)
        {
            return terms;
        }

        while (true)
        {
            terms.Add(Term());
            SkipSpace();
            if (at == text.Length)
            {
                return terms;
            }

            Expect(',');
        }
    }

    private SelectorRequirement Term()
    {
        SkipSpace();
        if (Take('!'))
        {
            SkipSpace();
            return new SelectorRequirement(LabelSyntax.RequireKey(Word()), SelectorOperator.DoesNotExist, []);
        }

        var key = LabelSyntax.RequireKey(Word());
        SkipSpace();
        if (at == text.Length || text[at] == ',')
        {
            return new SelectorRequirement(key, SelectorOperator.Exists, []);
        }

        if (Take('!'))
        {
            Expect('=');
            return new SelectorRequirement(key, SelectorOperator.NotIn, [Value()]);
        }

        if (Take('='))
        {
            Take('=');
            return new SelectorRequirement(key, SelectorOperator.In, [Value()]);
        }

        if (text[at] is '<' or '>')
        {
            var op = text[at++] == '>' ? SelectorOperator.GreaterThan : SelectorOperator.LessThan;
            var bound = Value();
            return long.TryParse(bound, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)
                ? new SelectorRequirement(key, op, [bound])
                : throw Fault($"'{bound}' is not a whole number");
        }

        return Word() switch
        {
            "in" => new SelectorRequirement(key, SelectorOperator.In, Set()),
            "notin" => new SelectorRequirement(key, SelectorOperator.NotIn, Set()),
            var word => throw Fault($"'{word}' is not an operator"),
        };
    }

    private List<string> Set()
    {
        SkipSpace();
        Expect('(');
        var values = new List<string>();
        do
        {
            values.Add(Value());
            SkipSpace();
        }
        while (Take(','));
        Expect(')');
        values.Sort(StringComparer.Ordinal);
        return values;
    }

    private string Value()
    {
        SkipSpace();
        return LabelSyntax.RequireValue(Word());
    }

    private string Word()
    {
        var start = at;
        while (at < text.Length && text[at] is not (' ' or '\t' or ',' or '=' or '!' or '(' or ')' or '<' or '>'))
        {
            at++;
        }

        return text[start..at];
    }

    private void SkipSpace()
    {
        while (at < text.Length && text[at] is (' ' or '\t'))
        {
            at++;
        }
    }

    private bool Take(char c)
    {
        if (at < text.Length && text[at] == c)
        {
            at++;
            return true;
        }

        return false;
    }

    private void Expect(char c)
    {
        if (!Take(c))
        {
            throw Fault(at < text.Length ? $"expected '{c}' instead of '{text[at]}'" : $"expected '{c}' at the end");
        }
    }

    private FormatException Fault(string message) => new($"selector '{text}': {message} at position {at}");
}
