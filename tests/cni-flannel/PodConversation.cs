using System.Net;
using System.Net.Sockets;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Tests;

/// <summary>A TCP connection between two pods that stays open.</summary>
internal sealed class PodConversation : IDisposable
{
    private readonly Socket client;
    private readonly Socket server;

    private PodConversation(Socket client, Socket server)
    {
        this.client = client;
        this.server = server;
    }

    public static async Task<PodConversation> OpenAsync(TestNode from, TestNode to)
    {
        var cancel = TestContext.Current.CancellationToken;
        using var listener = to.Pod.Run(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(to.PodAddress(IpFamily.V4).ToIPAddress(), 0));
            socket.Listen();
            return socket;
        });
        var client = from.Pod.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        await client.ConnectAsync(listener.LocalEndPoint!, cancel);
        return new PodConversation(client, await listener.AcceptAsync(cancel));
    }

    /// <summary>Sends some bytes and sees them arrive.</summary>
    public async Task SayAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        var sent = new byte[5000];
        Random.Shared.NextBytes(sent);
        Assert.Equal(sent.Length, await client.SendAsync(sent, limit.Token));
        var received = new byte[sent.Length];
        for (var at = 0; at < received.Length;)
        {
            var count = await server.ReceiveAsync(received.AsMemory(at), limit.Token);
            Assert.NotEqual(0, count);
            at += count;
        }

        Assert.Equal(sent, received);
    }

    public void Dispose()
    {
        client.Dispose();
        server.Dispose();
    }
}
