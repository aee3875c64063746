using System.Text;

namespace Podwire.Ruleset;

/// <summary>The text of tables and batches, in the syntax that <c>nft -f</c> takes (nft(8)).</summary>
public static class NftText
{
    /// <summary>A table in the layout of <c>nft list table</c>: sets, then chains.</summary>
    public static string Write(Table table)
    {
        ArgumentNullException.ThrowIfNull(table);
        var text = new StringBuilder();
        text.Append($"table {table.Id} {{\n");
        if (table.Comment is { } comment)
        {
            text.Append($"\tcomment {ValueText.Quoted(comment)}\n");
        }

        var separator = string.Empty;
        foreach (var set in table.Sets)
        {
            text.Append(separator);
            separator = "\n";
            Append(text, set);
        }

        foreach (var chain in table.Chains)
        {
            text.Append(separator);
            separator = "\n";
            Append(text, table.Id.Family, chain);
        }

        return text.Append("}\n").ToString();
    }

    /// <summary>A batch as commands, one per line: what a dry run prints.</summary>
    public static string Write(NftBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var text = new StringBuilder();
        foreach (var operation in batch.Operations)
        {
            Append(text, operation);
            text.Append('\n');
        }

        return text.ToString();
    }

    /// <summary>One rule in one line.</summary>
    public static string Write(TableFamily family, Rule rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        return RuleText.Write(family, rule);
    }

    /// <summary>One element.</summary>
    public static string Write(SetObject set, SetElement element)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(element);
        var text = new StringBuilder();
        SetText.Element(text, set, element);
        return text.ToString();
    }

    /// <summary>The key of an element, without anything else.</summary>
    public static string WriteKey(SetObject set, NftData key)
    {
        ArgumentNullException.ThrowIfNull(set);
        return key.Length == set.KeyLength ? ValueText.Key(set.Key, key) : key.ToString();
    }

    private static void Append(StringBuilder text, SetObject set)
    {
        text.Append($"\t{Kind(set)} {set.Name} {{\n");
        foreach (var line in SetText.Declaration(set))
        {
            text.Append($"\t\t{line}\n");
        }

        if (!set.Elements.IsEmpty)
        {
            text.Append("\t\telements = { ");
            AppendElements(text, set, set.Elements.AsSpan(), ",\n\t\t\t     ");
            text.Append(" }\n");
        }

        text.Append("\t}\n");
    }

    private static void Append(StringBuilder text, TableFamily family, Chain chain)
    {
        text.Append($"\tchain {chain.Name} {{\n");
        if (chain.Comment is { } comment)
        {
            text.Append($"\t\tcomment {ValueText.Quoted(comment)}\n");
        }

        if (chain.Base is { } hook)
        {
            text.Append($"\t\t{Base(family, hook)}\n");
        }

        foreach (var rule in chain.Rules)
        {
            text.Append($"\t\t{RuleText.Write(family, rule)}\n");
        }

        text.Append("\t}\n");
    }

    private static void AppendElements(StringBuilder text, SetObject set, ReadOnlySpan<SetElement> elements, string separator)
    {
        for (var i = 0; i < elements.Length; i++)
        {
            text.Append(i == 0 ? string.Empty : separator);
            SetText.Element(text, set, elements[i]);
        }
    }

    private static void Append(StringBuilder text, NftOperation operation)
    {
        var table = operation.Table;
        switch (operation)
        {
            case AddTable add:
                text.Append($"add table {table}");
                text.Append(add.Comment is { } comment ? $" {{ comment {ValueText.Quoted(comment)} ; }}" : string.Empty);
                break;
            case DeleteTable:
                text.Append($"delete table {table}");
                break;
            case AddChain { Chain: var chain }:
                text.Append($"add chain {table} {chain.Name}");
                var items = new List<string>();
                if (chain.Base is { } hook)
                {
                    items.Add(Base(table.Family, hook));
                }

                if (chain.Comment is { } remark)
                {
                    items.Add($"comment {ValueText.Quoted(remark)} ;");
                }

                text.Append(items.Count == 0 ? string.Empty : $" {{ {string.Join(' ', items)} }}");
                break;
            case DeleteChain delete:
                text.Append($"delete chain {table} {delete.Chain}");
                break;
            case FlushChain flush:
                text.Append($"flush chain {table} {flush.Chain}");
                break;
            case AddRule add:
                text.Append($"add rule {table} {add.Chain} {RuleText.Write(table.Family, add.Rule)}");
                break;
            case AddSet { Set: var set }:
                text.Append($"add {Kind(set)} {table} {set.Name} {{ {string.Join("; ", SetText.Declaration(set))}; }}");
                break;
            case DeleteSet delete:
                text.Append($"delete {Kind(delete.IsMap)} {table} {delete.Set}");
                break;
            case FlushSet flush:
                text.Append($"flush {Kind(flush.IsMap)} {table} {flush.Set}");
                break;
            case AddElements add:
                AppendElementCommand("add", add.Set, add.Elements.Span);
                break;
            case DeleteElements delete:
                AppendElementCommand("delete", delete.Set, delete.Elements.Span);
                break;
            default:
                throw new NotSupportedException(operation.GetType().Name);
        }

        void AppendElementCommand(string verb, SetObject set, ReadOnlySpan<SetElement> elements)
        {
            text.Append($"{verb} element {table} {set.Name} {{ ");
            AppendElements(text, set, elements, ", ");
            text.Append(" }");
        }
    }

    private static string Kind(SetObject set) => Kind(set is NftMap);

    private static string Kind(bool isMap) => isMap ? "map" : "set";

    private static string Base(TableFamily family, BaseChain hook)
    {
        var device = hook.Device is { } name ? $" device {ValueText.Quoted(name)}" : string.Empty;
        return $"type {hook.Type.ToString().ToLowerInvariant()} hook {hook.Hook.ToString().ToLowerInvariant()}{device} priority {Priority(family, hook)}; policy {(hook.DropByDefault ? "drop" : "accept")};";
    }

    private static string Priority(TableFamily family, BaseChain hook)
    {
        if (family == TableFamily.Bridge)
        {
            return hook.Priority.ToString();
        }

        (int Value, string Name)[] known = family == TableFamily.Netdev
            ? [(ChainPriority.Filter, "filter")]
            : [
                (ChainPriority.Raw, "raw"), (ChainPriority.Mangle, "mangle"), (ChainPriority.Filter, "filter"), (ChainPriority.Security, "security"),
                .. hook.Hook == ChainHook.Prerouting ? [(ChainPriority.DstNat, "dstnat")] : Array.Empty<(int, string)>(),
                .. hook.Hook == ChainHook.Postrouting ? [(ChainPriority.SrcNat, "srcnat")] : Array.Empty<(int, string)>(),
            ];
        foreach (var (value, name) in known)
        {
            var away = hook.Priority - value;
            if (away is >= -10 and <= 10)
            {
                return away == 0 ? name : away > 0 ? $"{name} + {away}" : $"{name} - {-away}";
            }
        }

        return hook.Priority.ToString();
    }
}
