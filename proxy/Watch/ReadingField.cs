namespace Podwire.Proxy.Watch;

/// <summary>An item of a list in an object, for messages: <c>ports[http]</c>. Written out only where there is something to say.</summary>
/// <param name="List">The list.</param>
/// <param name="Item">The item's name, or null.</param>
internal readonly record struct ReadingField(string List, string? Item)
{
    /// <inheritdoc/>
    public override string ToString() => $"{List}[{Item}]";
}
