using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace Podwire.ApiServer.Tests;

/// <summary>Listening sockets that someone else opened, and flags.</summary>
public sealed class ActivationTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task PassedSocket_IsServed_BesidesTheOwnOneOrAlone(bool besides)
    {
        var root = Directory.CreateTempSubdirectory("podwire-fd-").FullName;
        var passed = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        passed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        passed.Listen();
        var port = ((IPEndPoint)passed.LocalEndPoint!).Port;
        try
        {
            var options = new ApiServerOptions
            {
                BindAddress = besides ? IPAddress.Loopback : null,
                SecurePort = besides ? 0 : port,
                ListenDescriptors = [(int)passed.SafeHandle.DangerousGetHandle()],
                StoreFile = Path.Combine(root, "store.db"),
                PkiDirectory = Path.Combine(root, "pki"),
            };
            await using (var server = await ApiServerHost.StartAsync(options))
            {
                using var handler = new SocketsHttpHandler();
                handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, errors) => errors is SslPolicyErrors.RemoteCertificateChainErrors;
                using var client = new HttpClient(handler);
                Assert.Equal("ok", await client.GetStringAsync($"https://127.0.0.1:{port}/readyz", TestContext.Current.CancellationToken));
                Assert.Equal("ok", await client.GetStringAsync($"{server.Handle.Server}/readyz", TestContext.Current.CancellationToken));
            }
        }
        finally
        {
            // The server closed the descriptor, as its own; disposing the socket would wait for that for ever.
            passed.SafeHandle.SetHandleAsInvalid();
            GC.SuppressFinalize(passed);
            Directory.Delete(root, recursive: true);
        }
    }

    [Theory]
    [InlineData("--etcd-servers", "http://127.0.0.1:2379", "--etcd-servers is not served yet")]
    [InlineData("--service-cluster-ip-range", "10.0.0.0/31", "--service-cluster-ip-range takes")]
    [InlineData("--service-cluster-ip-range", "fd00::/112", "--service-cluster-ip-range takes")]
    [InlineData("--service-node-port-range", "9-1", "--service-node-port-range takes")]
    [InlineData("--bind-address", "here", "--bind-address takes an IP address")]
    [InlineData("--secure-port", "70000", "--secure-port takes")]
    [InlineData("--cluster-cidr", "10.0.0.0/33", "--cluster-cidr takes a range")]
    [InlineData("--enable-admission-plugins", "x", "unknown flag --enable-admission-plugins")]
    public async Task Flags_ThatCannotBe_AreRefusedByName(string flag, string value, string expected)
    {
        var (output, error) = (Console.Out, Console.Error);
        using var text = new StringWriter();
        Console.SetError(text);
        try
        {
            Assert.Equal(2, await ApiServerProgram.RunAsync([flag, value]));
        }
        finally
        {
            Console.SetError(error);
            Console.SetOut(output);
        }

        Assert.StartsWith($"podwire-apiserver: {expected}", text.ToString(), StringComparison.Ordinal);
    }
}
