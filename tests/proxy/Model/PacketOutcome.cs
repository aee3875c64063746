using Podwire.Proxy.State;

namespace Podwire.Proxy.Tests.Model;

/// <summary>What becomes of a connection: «10.244.0.2:8080», the same with « masqueraded», «dropped», «refused».</summary>
internal sealed record PacketOutcome(string Verdict, EndpointAddress Destination, bool Masqueraded)
{
    public static PacketOutcome Dropped { get; } = new("dropped", default, false);

    public static PacketOutcome Refused { get; } = new("refused", default, false);

    public static PacketOutcome To(EndpointAddress destination, bool masqueraded) => new("to", destination, masqueraded);

    public override string ToString() => Verdict != "to" ? Verdict : $"{Destination}{(Masqueraded ? " masqueraded" : string.Empty)}";
}
