using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Podwire.BgpDaemon.Command;

/// <summary><c>podwire bgp</c>: tables of what a running podwire-bgp says on its state socket.</summary>
public static class BgpCommand
{
    private const string DefaultSocket = "/run/podwire-bgp/state.sock";

    private const string Help = """
        NAME
          podwire bgp - what a running podwire-bgp knows

        SYNOPSIS
          podwire bgp neighbors | routes [PREFIX] | explain PREFIX|ADDRESS | summary [--socket PATH] [--json]

        COMMANDS
          neighbors         the sessions: state and since when, prefixes taken and told, the last error
          routes [PREFIX]   every path: * the best, + used together with it, s kept over a restart
          explain PREFIX    the paths of the longest prefix that covers it: why each is not the best, and which neighbours are told the best
          summary           AS, identifier, counts

        FLAGS
          --socket PATH     the daemon's stateSocket (default /run/podwire-bgp/state.sock)
          --json            the daemon's own answer, unchanged
          --help, -h

        EXIT STATUS
          0 done, 1 no daemon answers there or it does not know the prefix, 2 a wrong command line
        """;

    /// <summary>Runs it and gives the exit code.</summary>
    public static int Run(string[] args, TextWriter output, TextWriter error)
    {
        ArgumentNullException.ThrowIfNull(args);
        var (words, socket, json) = (new List<string>(), DefaultSocket, false);
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--help" or "-h":
                    output.WriteLine(Help);
                    return 0;
                case "--json":
                    json = true;
                    break;
                case "--socket" when i + 1 < args.Length:
                    socket = args[++i];
                    break;
                case var flag when flag.StartsWith("--socket=", StringComparison.Ordinal):
                    socket = flag["--socket=".Length..];
                    break;
                case var flag when flag.StartsWith('-'):
                    error.WriteLine($"podwire bgp: {(flag == "--socket" ? "--socket needs a path" : $"unknown flag {flag}")}; see podwire bgp --help");
                    return 2;
                default:
                    words.Add(args[i]);
                    break;
            }
        }

        if (words is not (["neighbors"] or ["summary"] or ["routes"] or ["routes", _] or ["explain", _]))
        {
            error.WriteLine($"podwire bgp: {(words.Count == 0 ? "a command is missing" : $"'{string.Join(' ', words)}' is no command")}; see podwire bgp --help");
            return 2;
        }

        try
        {
            var answer = Ask(socket, string.Join(' ', words));
            using var document = JsonDocument.Parse(answer);
            if (document.RootElement.TryGetProperty("error", out var problem))
            {
                error.WriteLine($"podwire bgp: {problem.GetString()}");
                return 1;
            }

            if (json)
            {
                output.Write(Encoding.UTF8.GetString(answer));
                return 0;
            }

            return Print(words[0], document.RootElement, output);
        }
        catch (Exception e) when (e is SocketException or IOException or JsonException)
        {
            error.WriteLine($"podwire bgp: {socket}: {e.Message}; is podwire-bgp running, and is this its stateSocket?");
            return 1;
        }
    }

    private static byte[] Ask(string path, string question)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(path));
        socket.Send(Encoding.UTF8.GetBytes(question + "\n"));
        using var stream = new NetworkStream(socket);
        using var answer = new MemoryStream();
        stream.CopyTo(answer);
        return answer.ToArray();
    }

    private static int Print(string command, JsonElement answer, TextWriter output)
    {
        switch (command)
        {
            case "neighbors":
                Neighbors(answer, output);
                return 0;
            case "routes":
                Routes(answer, output);
                return 0;
            case "summary":
                foreach (var property in answer.EnumerateObject())
                {
                    output.WriteLine($"{property.Name,-15} {property.Value}");
                }

                return 0;
            default:
                return Explain(answer, output);
        }
    }

    private static void Neighbors(JsonElement answer, TextWriter output)
    {
        var table = new TextTable("NEIGHBOR", "AS", "STATE", "SINCE", "IN", "OUT", "DESCRIPTION", "LAST ERROR");
        foreach (var neighbor in answer.GetProperty("neighbors").EnumerateArray())
        {
            table.Add(
                Text(neighbor, "address"),
                Text(neighbor, "asn"),
                Text(neighbor, "state") + (neighbor.GetProperty("stale").GetBoolean() ? " (restarting)" : string.Empty),
                TimeSpan.FromSeconds(neighbor.GetProperty("seconds").GetInt64()).ToString("c", CultureInfo.InvariantCulture),
                Text(neighbor, "prefixesIn"),
                Text(neighbor, "prefixesOut"),
                Text(neighbor, "description"),
                Text(neighbor, "lastError"));
        }

        table.WriteTo(output);
    }

    private static void Routes(JsonElement answer, TextWriter output)
    {
        var table = new TextTable(string.Empty, "PREFIX", "NEXT HOP", "FROM", "PREF", "MED", "AS PATH", "COMMUNITIES");
        foreach (var route in answer.GetProperty("routes").EnumerateArray())
        {
            foreach (var path in route.GetProperty("paths").EnumerateArray())
            {
                table.Add([Mark(path), Text(route, "prefix"), .. Cells(path)]);
            }
        }

        table.WriteTo(output);
    }

    private static int Explain(JsonElement answer, TextWriter output)
    {
        if (answer.GetProperty("paths").GetArrayLength() == 0)
        {
            output.WriteLine($"{Text(answer, "asked")}: no route covers it");
            return 1;
        }

        output.WriteLine($"{Text(answer, "asked")} is covered by {Text(answer, "prefix")}");
        var table = new TextTable(string.Empty, "NEXT HOP", "FROM", "PREF", "MED", "AS PATH", "COMMUNITIES", "WHY");
        foreach (var path in answer.GetProperty("paths").EnumerateArray())
        {
            table.Add([Mark(path), .. Cells(path), Text(path, "reason")]);
        }

        table.WriteTo(output);
        var told = answer.GetProperty("toldTo").EnumerateArray().Select(static address => address.GetString()).ToArray();
        output.WriteLine(told.Length == 0 ? "No neighbour is told." : $"Told to: {string.Join(", ", told)}");
        return 0;
    }

    private static string[] Cells(JsonElement path) =>
    [
        Text(path, "nextHop"),
        Text(path, "from"),
        Text(path, "localPref"),
        path.TryGetProperty("med", out var med) ? med.ToString() : "-",
        path.GetProperty("asPath").GetArrayLength() == 0 ? "-" : string.Join(' ', path.GetProperty("asPath").EnumerateArray()),
        string.Join(' ', path.GetProperty("communities").EnumerateArray()),
    ];

    private static string Mark(JsonElement path) =>
        (path.GetProperty("best").GetBoolean() ? "*" : path.GetProperty("used").GetBoolean() ? "+" : " ") + (path.GetProperty("stale").GetBoolean() ? "s" : string.Empty);

    private static string Text(JsonElement of, string name) => of.GetProperty(name).ToString();
}
