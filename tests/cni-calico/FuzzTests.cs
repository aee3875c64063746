using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Podwire.Cni;
using Podwire.CniCalico.Agent.Cni;
using Podwire.CniCalico.Ipam.Selectors;
using Podwire.CniCalico.Plugin;
using Podwire.Fuzz;

namespace Podwire.CniCalico.Tests;

/// <summary>What comes in from others as text: selectors, and the lines between plugin and agent, both ways.</summary>
[Trait("fuzz", "yes")]
public sealed class FuzzTests
{
    private static readonly string[] Requests =
    [
        "assign handle=net.0a1b2c ns=default pod=web-1 v4=1 v6=0 pools4=10.1.0.0/16,pool-2 ip=10.1.2.3 noipam=1", "release handle=net.0a1b2c", "find handle=net.0a1b2c", "gc network=net net.0a1b2c net.0a1b2d", "status",
    ];

    private static byte[][] Bytes(params string[] texts) => [.. texts.Select(Encoding.UTF8.GetBytes)];

    [Fact]
    public void Selector_AnyText_IsReadOrRefused() => Fuzzer.Run(
        "Calico's selectors",
        Bytes("all()", "has(a) && b == 'c'", "!(a in {'b', \"c\"} || d not in {'e'})", "name contains 'x' && name starts with 'y' || name ends with 'z'", "global() && a != 'b'"),
        static bytes => CalicoSelector.Parse(Encoding.UTF8.GetString(bytes)).Matches(new Dictionary<string, string> { ["a"] = "b", ["name"] = "xyz" }),
        static e => e is FormatException);

    [Fact]
    public void Request_AnyLine_HasAVerbAndItsWords() => Fuzzer.Run(
        "plugin's line to podwire-calico",
        Bytes(Requests),
        static bytes =>
        {
            var request = new PluginRequest(Encoding.ASCII.GetString(bytes));
            Assert.True(request["handle"] is null || request["handle"]!.IndexOf(' ') < 0);
            Assert.DoesNotContain(' ', request.Verb);
        },
        static _ => false);

    [Fact]
    public void Answer_AnyLine_IsWordsOrAnErrorOfTheSpecification() => Fuzzer.Run(
        "podwire-calico's line to a plugin",
        Bytes("ok 10.1.2.3 fd00::1", "ok"),
        static bytes => AgentCall.Read(Encoding.UTF8.GetString(bytes)),
        static e => e is CniException);

    [Fact]
    public async Task Socket_AnyOctets_AreAnsweredInOneLineOrClosed()
    {
        var path = Path.Combine(Path.GetTempPath(), $"podwire-calico-fuzz-{Guid.NewGuid():N}");
        using var cancel = new CancellationTokenSource();
        using var socket = new PluginSocket(path, NullLogger.Instance);
        var serving = socket.RunAsync(static (line, _) => Task.FromResult($"ok {line}"), cancel.Token);
        try
        {
            Fuzzer.Run("podwire-calico's socket", Bytes([.. Requests.Select(static line => line + "\n")]), Ask, static _ => false);
        }
        finally
        {
            await cancel.CancelAsync();
            await serving;
            File.Delete(path);
        }

        void Ask(byte[] octets)
        {
            using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = 30_000 };
            client.Connect(new UnixDomainSocketEndPoint(path));
            client.Send(octets);
            if (!octets.Contains((byte)'\n'))
            {
                client.Shutdown(SocketShutdown.Send);
                return;
            }

            var answer = new byte[1024];
            var length = 0;
            try
            {
                for (int count; (count = client.Receive(answer.AsSpan(length))) > 0; length += count)
                {
                }
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
            {
                // Something stood behind the line: the answer came before it was read, and the connection was closed.
            }

            var text = Encoding.ASCII.GetString(answer, 0, length);
            Assert.True(length == 0 || (text.StartsWith("ok ", StringComparison.Ordinal) && text.IndexOf('\n') == length - 1), text);
        }
    }
}
