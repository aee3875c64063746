using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Podwire.Echo;

// podwire-echo [PORT]: an HTTP server that tells which pod on which node answered. POD_NAME and NODE_NAME come from the
// downward API; outside a pod the host name stands in.
var port = 8080;
if (args.Length > 1 || (args.Length == 1 && (!int.TryParse(args[0], out port) || port is < 1 or > 65535)))
{
    Console.Error.WriteLine("podwire-echo: takes one port from 1 to 65535, or none for 8080");
    return 2;
}

var pod = Environment.GetEnvironmentVariable("POD_NAME") ?? Dns.GetHostName();
var node = Environment.GetEnvironmentVariable("NODE_NAME") ?? "-";
using var ending = new CancellationTokenSource();
using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
{
    signal.Cancel = true;
    ending.Cancel();
});

using var listener = new TcpListener(IPAddress.IPv6Any, port);
listener.Server.DualMode = true;
try
{
    listener.Start(512);
}
catch (SocketException e)
{
    Console.Error.WriteLine($"podwire-echo: port {port} cannot be had: {e.SocketErrorCode}");
    return 1;
}

Console.WriteLine($"listening on port {port} as pod {pod} on node {node}");
try
{
    while (true)
    {
        var client = await listener.AcceptSocketAsync(ending.Token);
        _ = new EchoConnection(client, pod, node).ServeAsync(ending.Token);
    }
}
catch (OperationCanceledException)
{
    Console.WriteLine("asked to end");
    return 0;
}
