using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Podwire.CniCalico.Tests.Nodes;

/// <summary>Stands for a node's Service proxy: takes connections to Services' addresses on the node and says the node's name and who asked.</summary>
internal sealed class Greeter : IDisposable
{
    public const int Port = 8080;
    private readonly Socket listener;

    public Greeter(CalicoNode node, params string[] addresses)
    {
        foreach (var address in addresses)
        {
            node.Ip($"addr add {address}/32 dev lo");
        }

        listener = node.Namespace.Run(static () =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Any, Port));
            socket.Listen();
            return socket;
        });
        _ = AnswerAsync(node.Name);
    }

    public void Dispose() => listener.Dispose();

    private async Task AnswerAsync(string name)
    {
        try
        {
            while (true)
            {
                using var client = await listener.AcceptAsync();
                await client.SendAsync(Encoding.UTF8.GetBytes($"{name} {((IPEndPoint)client.RemoteEndPoint!).Address}"));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The end of the test.
        }
    }
}
