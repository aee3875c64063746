using System.Net;
using System.Net.Sockets;
using System.Text;
using Podwire.Netlink.Namespaces;

namespace Podwire.CniCalico.Tests.Nodes;

/// <summary>Takes connections to any address of a namespace and says a name and who asked. On a node it stands for the Service proxy.</summary>
internal sealed class Greeter : IDisposable
{
    public const int Port = 8080;
    private readonly Socket listener;

    public Greeter(NetNamespace ns, string name)
    {
        listener = ns.Run(static () =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Any, Port));
            socket.Listen(256);
            return socket;
        });
        _ = AnswerAsync(name);
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
