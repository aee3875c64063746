namespace Podwire.Ruleset;

/// <summary>
/// Ends the rule: the packet waits in a queue of nfnetlink_queue for somebody's verdict (<c>queue flags bypass to 5</c>), and goes on behind the base chain
/// when it is accepted.
/// </summary>
/// <param name="Number">The queue.</param>
/// <param name="IsBypassed">The packet goes on where nobody reads the queue; otherwise it is dropped then.</param>
public sealed record Queue(ushort Number, bool IsBypassed) : Statement;
