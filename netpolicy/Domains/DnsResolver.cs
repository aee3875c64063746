using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Podwire.NetPolicy.Domains;

/// <summary>
/// Asks resolvers, one after the other: over UDP, and over TCP where the answer does not fit (RFC 1035 section 4.2, RFC 7766). Any thread.
/// </summary>
/// <param name="servers">The resolvers, asked in this order.</param>
/// <param name="openSocket">Opens a socket in the network namespace that the resolvers are reached from.</param>
internal sealed class DnsResolver(IReadOnlyList<IPEndPoint> servers, Func<AddressFamily, SocketType, ProtocolType, Socket> openSocket)
{
    private const int Attempts = 2;
    private const int LongestAlias = 8;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>The resolvers.</summary>
    public IReadOnlyList<IPEndPoint> Servers => servers;

    /// <summary>The addresses of a name, whatever aliases are on the way.</summary>
    /// <exception cref="DnsException">No resolver could say.</exception>
    public async Task<DnsReply> ResolveAsync(string name, DnsType type, CancellationToken cancel)
    {
        var least = uint.MaxValue;
        for (var hops = 0; hops < LongestAlias; hops++)
        {
            if (!DnsName.IsValid(name))
            {
                throw new DnsException($"'{name}' is not a domain name");
            }

            var reply = await AskAnyAsync(name, type, cancel).ConfigureAwait(false);
            least = Math.Min(least, reply.Ttl);
            if (reply.Alias is not { } alias)
            {
                return reply with { Ttl = least };
            }

            name = alias;
        }

        throw new DnsException($"more than {LongestAlias} aliases lead from one resolver's answer to the next");
    }

    private async Task<DnsReply> AskAnyAsync(string name, DnsType type, CancellationToken cancel)
    {
        Exception? last = null;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            foreach (var server in servers)
            {
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
                limit.CancelAfter(Patience);
                try
                {
                    return await AskAsync(server, name, type, limit.Token).ConfigureAwait(false);
                }
                catch (Exception e) when (e is SocketException or DnsFormatException or IOException)
                {
                    last = e;
                }
                catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
                {
                    last = new TimeoutException($"no answer from {server} within {Patience.TotalSeconds:0} s");
                }
            }
        }

        throw new DnsException($"{name}: {last?.Message ?? "there is no resolver"}");
    }

    private async Task<DnsReply> AskAsync(IPEndPoint server, string name, DnsType type, CancellationToken cancel)
    {
        var question = new byte[512];
        var id = (ushort)RandomNumberGenerator.GetInt32(ushort.MaxValue + 1);
        var length = DnsReply.WriteQuestion(id, name, type, question);
        using var socket = openSocket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        // Connected: the kernel takes only what that address and port sent.
        await socket.ConnectAsync(server, cancel).ConfigureAwait(false);
        await socket.SendAsync(question.AsMemory(0, length), cancel).ConfigureAwait(false);
        var answer = new byte[4096];
        while (true)
        {
            var received = await socket.ReceiveAsync(answer, cancel).ConfigureAwait(false);
            if (!DnsReply.IsAnswerTo(answer.AsSpan(0, received), id))
            {
                continue;
            }

            return DnsReply.IsTruncated(answer.AsSpan(0, received))
                ? await AskOverTcpAsync(server, question.AsMemory(0, length), id, name, type, cancel).ConfigureAwait(false)
                : DnsReply.Read(answer.AsSpan(0, received), name, type);
        }
    }

    private async Task<DnsReply> AskOverTcpAsync(IPEndPoint server, ReadOnlyMemory<byte> question, ushort id, string name, DnsType type, CancellationToken cancel)
    {
        using var socket = openSocket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server, cancel).ConfigureAwait(false);
        var framed = new byte[question.Length + 2];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)question.Length);
        question.CopyTo(framed.AsMemory(2));
        var stream = new NetworkStream(socket, ownsSocket: false);
        await using (stream.ConfigureAwait(false))
        {
            await stream.WriteAsync(framed, cancel).ConfigureAwait(false);
            var head = new byte[2];
            await stream.ReadExactlyAsync(head, cancel).ConfigureAwait(false);
            var answer = new byte[BinaryPrimitives.ReadUInt16BigEndian(head)];
            await stream.ReadExactlyAsync(answer, cancel).ConfigureAwait(false);
            return DnsReply.IsAnswerTo(answer, id) ? DnsReply.Read(answer, name, type) : throw new DnsFormatException("an answer to another question", 0);
        }
    }
}
