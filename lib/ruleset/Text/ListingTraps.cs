namespace Podwire.Ruleset;

/// <summary>
/// What the kernel would take but <c>nft list</c> (1.0.6 and 1.1.7) ends on an assertion for, so that one such object keeps an operator from seeing
/// any. It is refused before it is sent.
/// </summary>
public static class ListingTraps
{
    /// <summary>Checks the declaration of a set or a map.</summary>
    /// <exception cref="ArgumentException">
    /// A type without a width in a concatenation without <c>typeof</c>, or <c>typeof</c> for some fields only.
    /// </exception>
    public static void Check(SetObject set)
    {
        ArgumentNullException.ThrowIfNull(set);
        Check(set, set.Key);
        if (set is NftMap map)
        {
            Check(set, map.Data);
            if (!map.IsVerdictMap && (map.Key[0].TypeOf is null) != (map.Data[0].TypeOf is null))
            {
                throw new ArgumentException($"map {set.Name}: either key and value are declared by typeof or neither is", nameof(set));
            }
        }
    }

    /// <summary>Checks the expressions of a rule, and the sets that are written out in it.</summary>
    /// <exception cref="ArgumentException">A value that was looked up is itself the key of a look-up.</exception>
    public static void Check(Rule rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        foreach (var statement in rule.Statements)
        {
            var key = statement switch
            {
                SetLookup lookup => lookup.Key,
                VerdictMapLookup lookup => lookup.Key,
                DynamicSet set => set.Key,
                Nat { Target: MapLookup lookup } => lookup.Key,
                MetaSet { Value: MapLookup lookup } => lookup.Key,
                CtSet { Value: MapLookup lookup } => lookup.Key,
                _ => null,
            };
            if (key is not null && LooksUp(key))
            {
                throw new ArgumentException($"a value that was looked up is the key of a look-up: {statement}", nameof(rule));
            }
        }

        foreach (var reference in RuleReferences.All(rule))
        {
            if (reference.Inline is { } set)
            {
                Check(set);
            }
        }
    }

    private static void Check(SetObject set, ValueList<KeyField> fields)
    {
        if (fields.Count < 2)
        {
            return;
        }

        var byTypeOf = fields[0].TypeOf is not null;
        foreach (var field in fields)
        {
            if ((field.TypeOf is not null) != byTypeOf)
            {
                throw new ArgumentException($"{set.Name}: either all fields are declared by typeof or none is", nameof(set));
            }

            if (field.Type == NftType.Integer && !byTypeOf)
            {
                throw new ArgumentException($"{set.Name}: an integer in a concatenation has no width without typeof", nameof(set));
            }
        }
    }

    private static bool LooksUp(Expression expression) => expression switch
    {
        MapLookup => true,
        Bitwise bitwise => LooksUp(bitwise.Value),
        Jhash hash => LooksUp(hash.Input),
        Concat concat => concat.Parts.Any(LooksUp),
        _ => false,
    };
}
