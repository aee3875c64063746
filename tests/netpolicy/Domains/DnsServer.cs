using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Podwire.Netlink.Namespaces;
using Podwire.NetPolicy.Domains;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Tests.Domains;

/// <summary>A small resolver with a few names, over UDP and TCP, in a network namespace or on the loopback. It answers what it is told to, and counts.</summary>
internal sealed class DnsServer : IDisposable
{
    private readonly Socket udp;
    private readonly Socket tcp;
    private readonly Lock gate = new();
    private readonly Dictionary<string, (string[] Addresses, string? Alias, uint Ttl)> names = [];

    public DnsServer(NetNamespace? ns = null, int port = 0)
    {
        (udp, tcp) = ns is null ? Open(port) : ns.Run(() => Open(port));
        _ = Task.Run(AnswerDatagramsAsync);
        _ = Task.Run(AnswerStreamsAsync);
    }

    public IPEndPoint Address => new(IPAddress.Loopback, ((IPEndPoint)udp.LocalEndPoint!).Port);

    /// <summary>Answers over UDP say that they are cut off.</summary>
    public bool IsShort { get; set; }

    /// <summary>Nothing is answered.</summary>
    public bool IsSilent { get; set; }

    public int Datagrams { get; private set; }

    public int Streams { get; private set; }

    /// <summary>Asks a resolver from a namespace; false if it did not answer: a resolver's patience is not that of a machine with much else to do.</summary>
    public static async Task<bool> AskAsync(NetNamespace from, string server, string name, DnsType type, List<IpAddress> into)
    {
        var resolver = new DnsResolver([new(IPAddress.Parse(server), 53)], (family, kind, protocol) => from.Run(() => new Socket(family, kind, protocol)));
        try
        {
            into.AddRange((await resolver.ResolveAsync(name.ToLowerInvariant(), type, TestContext.Current.CancellationToken)).Addresses);
            return true;
        }
        catch (DnsException)
        {
            return false;
        }
    }

    public void Set(string name, uint ttl, params string[] addresses)
    {
        lock (gate)
        {
            names[name] = (addresses, null, ttl);
        }
    }

    public void SetAlias(string name, uint ttl, string target)
    {
        lock (gate)
        {
            names[name] = ([], target, ttl);
        }
    }

    /// <summary>The answer to a question, as a resolver writes it: aliases first, then addresses, names as pointers to the question's where they can be.</summary>
    public byte[] Answer(ReadOnlySpan<byte> question)
    {
        var at = 12;
        var name = DnsName.Read(question, ref at);
        var type = (DnsType)BinaryPrimitives.ReadUInt16BigEndian(question[at..]);
        var message = new List<byte>();
        message.AddRange(question[..(at + 4)]);
        lock (gate)
        {
            var isKnown = names.ContainsKey(name);
            (message[2], message[3]) = (0x81, (byte)(isKnown ? 0x80 : 0x83));
            var (answers, owner) = (0, name);
            while (names.TryGetValue(owner, out var record) && record.Alias is { } alias)
            {
                Record(owner, DnsType.Cname, record.Ttl, Name(alias));
                (owner, answers) = (alias, answers + 1);
            }

            foreach (var address in names.GetValueOrDefault(owner).Addresses ?? [])
            {
                var ip = IpAddress.Parse(address);
                if (ip.IsV4 == (type == DnsType.A))
                {
                    Record(owner, type, names[owner].Ttl, ip.ToBytes());
                    answers++;
                }
            }

            if (answers == 0)
            {
                // SOA: two names, five numbers; the last is how long a missing name stays missing.
                Record("test", DnsType.Soa, 600, [.. Name("ns.test"), .. Name("root.test"), .. new byte[16], 0, 0, 0, 7]);
            }

            (message[6], message[7], message[8], message[9], message[10], message[11]) = ((byte)(answers >> 8), (byte)answers, 0, (byte)(answers == 0 ? 1 : 0), 0, 0);
        }

        return [.. message];

        void Record(string owner, DnsType recordType, uint ttl, byte[] data)
        {
            message.AddRange(owner == name ? [0xC0, 12] : Name(owner));
            message.AddRange([0, (byte)recordType, 0, 1, (byte)(ttl >> 24), (byte)(ttl >> 16), (byte)(ttl >> 8), (byte)ttl, (byte)(data.Length >> 8), (byte)data.Length]);
            message.AddRange(data);
        }

        static byte[] Name(string text)
        {
            var bytes = new byte[256];
            return bytes[..DnsName.Write(text, bytes)];
        }
    }

    public void Dispose()
    {
        udp.Dispose();
        tcp.Dispose();
    }

    private static (Socket Udp, Socket Tcp) Open(int port)
    {
        var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        udp.Bind(new IPEndPoint(IPAddress.Any, port));
        var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        tcp.Bind(new IPEndPoint(IPAddress.Any, ((IPEndPoint)udp.LocalEndPoint!).Port));
        tcp.Listen(16);
        return (udp, tcp);
    }

    private async Task AnswerDatagramsAsync()
    {
        var buffer = new byte[1500];
        try
        {
            while (true)
            {
                var question = await udp.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0));
                Datagrams++;
                if (IsSilent)
                {
                    continue;
                }

                var answer = Answer(buffer.AsSpan(0, question.ReceivedBytes));
                if (IsShort)
                {
                    answer = answer[..12];
                    (answer[2], answer[5], answer[7], answer[9]) = (0x83, 0, 0, 0);
                }

                // What nobody asked for comes first, with another number.
                byte[] stray = [.. answer];
                stray[0] ^= 0x55;
                await udp.SendToAsync(stray, question.RemoteEndPoint);
                await udp.SendToAsync(answer, question.RemoteEndPoint);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task AnswerStreamsAsync()
    {
        try
        {
            while (true)
            {
                using var stream = new NetworkStream(await tcp.AcceptAsync(), ownsSocket: true);
                Streams++;
                try
                {
                    await AnswerAsync(stream);
                }
                catch (IOException)
                {
                    // Whoever asked has given up; the next one has not.
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task AnswerAsync(NetworkStream stream)
    {
        var head = new byte[2];
        await stream.ReadExactlyAsync(head);
        var question = new byte[BinaryPrimitives.ReadUInt16BigEndian(head)];
        await stream.ReadExactlyAsync(question);
        var answer = Answer(question);
        // In two parts, as streams come.
        await stream.WriteAsync(new byte[] { (byte)(answer.Length >> 8), (byte)answer.Length, answer[0] });
        await stream.WriteAsync(answer.AsMemory(1));
    }
}
