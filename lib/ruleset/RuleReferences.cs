namespace Podwire.Ruleset;

/// <summary>What a rule refers to by name.</summary>
public static class RuleReferences
{
    /// <summary>The named sets and maps that a rule uses, in order, perhaps more than once.</summary>
    public static IEnumerable<string> Sets(Rule rule)
    {
        foreach (var reference in All(rule))
        {
            if (reference.Name is { } name)
            {
                yield return name;
            }
        }
    }

    /// <summary>The chains that a rule may go to, by its own verdicts or those of a map written out in it.</summary>
    public static IEnumerable<string> Chains(Rule rule)
    {
        foreach (var statement in (IEnumerable<Statement>)rule.Statements)
        {
            if (statement is VerdictStatement { Verdict.Chain: { } chain })
            {
                yield return chain;
            }
        }

        foreach (var reference in All(rule))
        {
            foreach (var element in (IEnumerable<SetElement>)(reference.Inline?.Elements ?? []))
            {
                if (element.Verdict?.Chain is { } chain)
                {
                    yield return chain;
                }
            }
        }
    }

    /// <summary>Every set that a rule uses, named or written out.</summary>
    public static List<SetReference> All(Rule rule)
    {
        var found = new List<SetReference>();
        foreach (var statement in rule.Statements)
        {
            switch (statement)
            {
                case Match match:
                    Collect(match.Left, found);
                    break;
                case MatchRange range:
                    Collect(range.Left, found);
                    break;
                case SetLookup lookup:
                    Collect(lookup.Key, found);
                    found.Add(lookup.Set);
                    break;
                case VerdictMapLookup lookup:
                    Collect(lookup.Key, found);
                    found.Add(lookup.Map);
                    break;
                case MetaSet set:
                    Collect(set.Value, found);
                    break;
                case CtSet set:
                    Collect(set.Value, found);
                    break;
                case Nat nat:
                    Collect(nat.Target, found);
                    break;
                case DynamicSet set:
                    Collect(set.Key, found);
                    found.Add(set.Set);
                    break;
            }
        }

        return found;
    }

    private static void Collect(Expression expression, List<SetReference> found)
    {
        switch (expression)
        {
            case MapLookup lookup:
                Collect(lookup.Key, found);
                found.Add(lookup.Map);
                break;
            case Bitwise bitwise:
                Collect(bitwise.Value, found);
                break;
            case Jhash hash:
                Collect(hash.Input, found);
                break;
            case Concat concat:
                foreach (var part in concat.Parts)
                {
                    Collect(part, found);
                }

                break;
        }
    }
}
