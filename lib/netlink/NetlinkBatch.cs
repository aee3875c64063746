namespace Podwire.Netlink;

/// <summary>
/// Requests that are sent together, each with the object it is about, so that a refusal can name it. The kernel carries
/// them out in order and goes on after a refused one: a batch saves system calls, it is not a transaction.
/// </summary>
public sealed class NetlinkBatch
{
    private readonly List<(int Start, int Length, string Operation, object? Subject)> requests = [];
    private byte[] bytes = new byte[1024];
    private int used;

    /// <summary>How many requests it holds.</summary>
    public int Count => requests.Count;

    /// <summary>Adds one request; the socket sees to NLM_F_ACK when it sends it.</summary>
    /// <param name="message">One whole message.</param>
    /// <param name="operation">What it does, such as «add route».</param>
    /// <param name="subject">The object; its text ends the operation in an error.</param>
    public void Add(ReadOnlySpan<byte> message, string operation, object? subject = null)
    {
        if (bytes.Length - used < message.Length)
        {
            Array.Resize(ref bytes, Math.Max(bytes.Length * 2, used + message.Length));
        }

        message.CopyTo(bytes.AsSpan(used));
        requests.Add((used, message.Length, operation, subject));
        used += message.Length;
    }

    /// <summary>Forgets the requests and keeps the memory.</summary>
    public void Clear()
    {
        requests.Clear();
        used = 0;
    }

    /// <summary>The bytes of <paramref name="count"/> requests from <paramref name="first"/> on, one behind the other.</summary>
    internal Span<byte> Messages(int first, int count)
    {
        var start = requests[first].Start;
        var (lastStart, lastLength, _, _) = requests[first + count - 1];
        return bytes.AsSpan(start, lastStart + lastLength - start);
    }

    internal Span<byte> Message(int index) => bytes.AsSpan(requests[index].Start, requests[index].Length);

    internal string Describe(int index) => NetlinkSocket.Describe(requests[index].Operation, requests[index].Subject);
}
