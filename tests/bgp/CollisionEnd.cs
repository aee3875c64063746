namespace Podwire.Bgp.Tests;

/// <summary>One end of a <see cref="CollisionRace"/> and its two connections.</summary>
internal abstract class CollisionEnd
{
    /// <summary>Whether the process knows of the connection.</summary>
    public bool[] IsOpened { get; } = new bool[2];

    /// <summary>Whether this end has closed it.</summary>
    public bool[] IsClosed { get; } = new bool[2];

    /// <summary>Messages that the other end has not read.</summary>
    public Queue<byte[]>[] Sent { get; } = [new(), new()];

    /// <summary>How many sessions there were.</summary>
    public abstract long Established { get; }

    /// <summary>The connection that is the session's.</summary>
    public abstract int? Session { get; }

    /// <summary>Whether a connection has come as far as the other's OPEN.</summary>
    public abstract bool HasOpen(int connection);

    public abstract void Open(int connection, bool isOutgoing);

    public abstract void Receive(int connection, byte[] message);

    /// <summary>The other end has closed a connection.</summary>
    public abstract void End(int connection);
}
