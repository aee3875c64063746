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
            // Of both families.
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.IPv6Any, Port));
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
                var from = ((IPEndPoint)client.RemoteEndPoint!).Address;
                await client.SendAsync(Encoding.UTF8.GetBytes($"{name} {(from.IsIPv4MappedToIPv6 ? from.MapToIPv4() : from)}"));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The end of the test.
        }
    }
}
