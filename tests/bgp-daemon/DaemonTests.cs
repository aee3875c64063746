using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Podwire.BgpDaemon.Command;
using Podwire.BgpDaemon.Config;

namespace Podwire.BgpDaemon.Tests;

/// <summary>podwire-bgp as a process: what systemd, scrapers, operators and their mistakes see.</summary>
public class DaemonTests
{
    private const string Secret = "sw0rdf1sh";

    [Fact]
    public void Daemon_AtWork_TellsSystemdScrapersAndOperators_AndNoPassword()
    {
        using var lab = new Lab(2);
        var file = Path.Combine(lab.Folder, "password");
        File.WriteAllText(file, Secret + "-of-a-file\n");
        lab.WriteConfig($$"""
            "metrics": "127.0.0.1:9179", "connectRetry": 1, "networks": ["10.50.0.0/16"], "neighbors": [
              {"address": "10.99.1.1", "asn": 64512, "routeReflectorClient": true, "families": ["ipv4"], "description": "rack 7"},
              {"address": "10.99.1.2", "asn": 64512, "routeReflectorClient": true, "password": "{{Secret}}"}, {"address": "10.99.1.3", "asn": 64512, "passwordFile": "{{file}}"}],
            "dynamicNeighbors": [{"prefix": "10.98.0.0/16", "asn": 0, "password": "{{Secret}}-of-a-range"}]
            """);
        using var systemd = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 30_000 };
        systemd.Bind(new UnixDomainSocketEndPoint(Path.Combine(lab.Folder, "notify")));
        lab.Variables.AddRange([$"NOTIFY_SOCKET={lab.Folder}/notify", "WATCHDOG_USEC=300000"]);
        lab.Verbosity = "9";
        var daemon = lab.StartDaemon();
        Assert.StartsWith("READY=1\nSTATUS=AS 64512: 3 neighbours, 1 ranges", Receive(systemd));
        Assert.All(Enumerable.Range(0, 3), _ => Assert.Equal("WATCHDOG=1", Receive(systemd)));

        using var peer = new RawPeer(lab.PathOf(1), "10.99.1.1").Open();
        peer.Send(RawPeer.Update([.. peer.Attributes(), 0xc0, 8, 4, 0xfc, 0, 0, 7], RawPeer.Host(10, 1, 0, 1)));
        peer.Send(RawPeer.Update([0x40, 1, 1, 9, 0x40, 2, 0, 0x40, 3, 4, 10, 99, 1, 1, 0x40, 5, 4, 0, 0, 0, 100], RawPeer.Host(10, 1, 0, 2)));
        lab.StartBird(2, Lab.BirdPeer($"password \"{Secret}\";"));
        lab.Until(() => lab.IsUp(2) && lab.HasRoute("10.1.0.1/32") && (int)lab.Neighbor(1)!["treatedAsWithdraw"]! == 1, "established, and told");

        var metrics = lab.Try("rr", "curl", "-m", "20", "-s", "http://127.0.0.1:9179/metrics");
        Assert.All(
            (string[])[
                "# TYPE podwire_bgp_neighbor_up gauge", "podwire_bgp_neighbor_up{neighbor=\"10.99.1.1\",asn=\"64512\"} 1", "podwire_bgp_neighbor_up{neighbor=\"10.99.1.3\",asn=\"64512\"} 0",
                "podwire_bgp_neighbor_treated_as_withdraw_total{neighbor=\"10.99.1.1\",asn=\"64512\"} 1", "podwire_bgp_neighbor_prefixes_in{neighbor=\"10.99.1.1\",asn=\"64512\"} 1",
                "podwire_bgp_neighbor_established_total{neighbor=\"10.99.1.2\",asn=\"64512\"} 1", "podwire_bgp_paths{family=\"ipv4\"} 2", "podwire_bgp_restarting 0", "podwire_bgp_kernel_routes 0",
            ],
            line => Assert.Contains(line + "\n", metrics));
        Assert.All(metrics.Split('\n', StringSplitOptions.RemoveEmptyEntries), static line => Assert.Matches("^(# (HELP|TYPE) podwire_bgp_[a-z0-9_]+ .+|podwire_bgp_[a-z0-9_]+(\\{[^}]*\\})? [0-9]+)$", line));
        Assert.Equal("ok\n200", lab.Try("rr", "curl", "-m", "20", "-s", "-w", "%{http_code}", "http://127.0.0.1:9179/healthz"));

        // The tables and their JSON.
        var (neighbors, routes, explain, summary) = (lab.Table("neighbors"), lab.Table("routes"), lab.Table("explain 10.1.0.1"), lab.Table("summary"));
        Assert.Matches("^NEIGHBOR +AS +STATE +SINCE +IN +OUT +DESCRIPTION +LAST ERROR\n10.99.1.1 +64512 +Established +00:00:[0-9]{2} +1 +[0-9]+ +rack 7\n10.99.1.2 +64512 +Established ", neighbors);
        Assert.Matches("\\* +10.1.0.1/32 +10.99.1.1 +10.99.1.1 +100 +- +- +64512:7\n", routes);
        Assert.Matches("\\* +10.50.0.0/16 +self +local +100 +- +-", routes);
        Assert.Equal(["10.1.0.1 is covered by 10.1.0.1/32", "Told to: 10.99.1.2"], explain.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(static line => !line.StartsWith(' ') && !line.StartsWith('*')).Select(static line => line.Replace("10.1.0.1/32 is", "10.1.0.1 is")));
        Assert.Matches("asn +64512\n", summary);
        Assert.Equal(("10.1.0.1/32", "best"), ((string?)lab.Ask("explain 10.1.0.1")!["prefix"], (string?)lab.Ask("explain 10.1.0.1")!["paths"]![0]!["reason"]));

        // Clients of the state socket that make no sense; the daemon goes on.
        foreach (var question in (byte[][])[[], [(byte)'\n'], [0xff, 0xfe, 0, (byte)'\n'], Encoding.UTF8.GetBytes(new string('x', 100_000)), "routes 10.1.0.0/99\n"u8.ToArray(), "explain\n"u8.ToArray(), "neighbors and more\n"u8.ToArray(), "routes\nroutes\n"u8.ToArray()])
        {
            Assert.True(Answers(lab.StateSocket, question), $"{Encoding.UTF8.GetString(question)[..Math.Min(20, question.Length)]}");
        }

        Parallel.For(0, 50, _ => Answers(lab.StateSocket, "routes\n"u8.ToArray(), hangsUp: true));
        Assert.True(lab.IsUp(1) && lab.IsUp(2));
        Assert.Equal("Permission denied", Denied(lab.StateSocket));

        // The password is nowhere but in the configuration.
        File.WriteAllText(lab.Config, File.ReadAllText(lab.Config).Replace("\"asn\": 0,", "\"asn\": 0, \"holdTime\": 1,"));
        Lab.Signal(daemon, "HUP");
        lab.Until(() => lab.DaemonLog.Contains("holdTime takes 0, or 3 to 65535"), "the mistake is named");
        Lab.Signal(daemon, "TERM");
        Assert.True(daemon.WaitForExit(30_000));
        Assert.Equal(0, daemon.ExitCode);
        Assert.DoesNotContain(Secret, string.Concat(neighbors, routes, explain, summary, metrics, lab.DaemonLog));
    }

    [Fact]
    public void CommandLine_AndConfiguration_AreCheckedBeforeAnythingIsDone()
    {
        using var lab = new Lab(0);
        (int Code, string Output, string Error) Run(params string[] flags)
        {
            using var process = Process.Start(new ProcessStartInfo(Lab.Program[0], [.. Lab.Program[1..], .. flags]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var error = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            Assert.True(process.WaitForExit(30_000));
            return (process.ExitCode, output, error.Result);
        }

        var help = Run("--help");
        Assert.Equal((0, string.Empty), (help.Code, help.Error));
        Assert.All((string[])["NAME\n  podwire-bgp - ", "SYNOPSIS\n", "FLAGS\n", "--config FILE\n", "--check\n", "--shutdown-text TEXT\n", "SIGNALS\n", "EXIT STATUS\n", "SEE ALSO\n"], part => Assert.Contains(part, help.Output));
        Assert.All(ConfigKeys.Top.Concat(ConfigKeys.Neighbor).Concat(ConfigKeys.Rule), key => Assert.Contains(key.Key, help.Output));

        Assert.Equal((2, "podwire-bgp: --config FILE is missing\n"), (Run().Code, Run().Error));
        Assert.Matches("^podwire-bgp: unknown flag --confg", Run("--confg", "x").Error);
        Assert.Equal((2, $"podwire-bgp: {lab.Folder}/none.json: "), (Run("--config", $"{lab.Folder}/none.json").Code, Run("--config", $"{lab.Folder}/none.json").Error[..$"podwire-bgp: {lab.Folder}/none.json: ".Length]));
        lab.WriteConfig("\"listen\": [], \"neighbors\": [{\"address\": \"10.99.1.1\", \"asn\": 64512, \"familys\": []}]");
        var (code, _, problem) = Run("--config", lab.Config);
        Assert.Equal(2, code);
        Assert.StartsWith($"podwire-bgp: {lab.Config}: unknown key neighbors[0].familys; there are address, ", problem);
        Assert.Equal(1, problem.Count(static letter => letter == '\n'));
        Assert.False(File.Exists(lab.StateSocket));
        lab.WriteConfig("\"listen\": [], \"neighbors\": [{\"address\": \"10.99.1.1\", \"asn\": 64512}]");
        Assert.Equal((0, $"{lab.Config}: 1 neighbours, 0 ranges\n", string.Empty), Run("--check", "--config", lab.Config));
        Assert.False(File.Exists(lab.StateSocket));

        // An address that is not ours, and a state socket that is served.
        lab.WriteConfig("\"listen\": [{\"address\": \"192.0.2.1\"}]");
        var refused = Run("--config", lab.Config);
        Assert.Equal(1, refused.Code);
        Assert.Contains("192.0.2.1", refused.Error);
        lab.WriteConfig("\"listen\": []");
        lab.StartDaemon();
        var second = Run("--config", lab.Config);
        Assert.Equal((1, $"podwire-bgp: stateSocket {lab.StateSocket}: another podwire-bgp serves it\n"), (second.Code, second.Error));

        // The command: nobody there, no such command.
        using var error = new StringWriter();
        Assert.Equal(1, BgpCommand.Run(["neighbors", "--socket", "/nowhere"], TextWriter.Null, error));
        Assert.Equal(2, BgpCommand.Run(["neighbours"], TextWriter.Null, error));
        Assert.Equal(2, BgpCommand.Run(["routes", "--sockt"], TextWriter.Null, error));
        Assert.Equal(1, BgpCommand.Run(["explain", "10.0.0.300", "--socket", lab.StateSocket], TextWriter.Null, error));
        Assert.Equal(["/nowhere", "'neighbours' is no command", "unknown flag --sockt", "'10.0.0.300' is neither a prefix nor an address"], error.ToString().Split('\n')[..4].Zip((string[])["/nowhere", "'neighbours' is no command", "unknown flag --sockt", "'10.0.0.300' is neither a prefix nor an address"], static (line, part) => line.Contains(part) ? part : line));
    }

    private static string Receive(Socket systemd)
    {
        var buffer = new byte[4096];
        return Encoding.UTF8.GetString(buffer, 0, systemd.Receive(buffer));
    }

    /// <summary>Asks; true if what comes back is one JSON document or nothing.</summary>
    private static bool Answers(string path, byte[] question, bool hangsUp = false)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = 30_000 };
        socket.Connect(new UnixDomainSocketEndPoint(path));
        try
        {
            socket.Send(question);
            if (hangsUp)
            {
                return true;
            }

            if (!question.Contains((byte)'\n'))
            {
                socket.Shutdown(SocketShutdown.Send);
            }

            using var answer = new MemoryStream();
            var buffer = new byte[4096];
            for (int count; (count = socket.Receive(buffer)) > 0;)
            {
                answer.Write(buffer, 0, count);
            }

            return answer.Length == 0 || JsonNode.Parse(answer.ToArray()) is not null;
        }
        catch (Exception e) when (e is SocketException or IOException && (question.Length > 256 || question.Count(static octet => octet == '\n') > 1))
        {
            // More than a line was sent: the answer came before all of it was taken, and the connection was closed.
            return true;
        }
    }

    /// <summary>What another user hears who connects.</summary>
    private static string Denied(string path)
    {
        using var process = Process.Start(new ProcessStartInfo("setpriv", ["--reuid=65534", "--clear-groups", "curl", "-m", "20", "-sS", "--unix-socket", path, "http://x/"]) { RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode != 0 ? "Permission denied" : error;
    }
}
