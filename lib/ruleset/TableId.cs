namespace Podwire.Ruleset;

/// <summary>What names a table: its family and its name (1 to 255 characters).</summary>
public readonly record struct TableId(TableFamily Family, string Name)
{
    /// <summary>As <c>nft</c> writes it: <c>ip podwire-proxy</c>.</summary>
    public override string ToString() => $"{Family.ToText()} {Name}";
}
