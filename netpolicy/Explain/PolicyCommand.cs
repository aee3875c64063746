using Podwire.Kube;
using Podwire.NetPolicy.State;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Explain;

/// <summary>
/// The parts of the operator's command that are about policies: <c>podwire explain --policy SRC DST:PORT</c> and <c>podwire policy matrix</c>. They judge by the
/// objects, not by any node's rules, so they work from anywhere; with <c>--probe</c> the kernel is asked as well, on the machine where the pods are.
/// </summary>
public static class PolicyCommand
{
    private const string Usage = """
        usage: podwire explain --policy [--kubeconfig FILE] [--counters] [--probe] SRC DST:PORT[/tcp|udp|sctp]
               podwire policy matrix [--kubeconfig FILE] [--probe] [-n NAMESPACE] [--port PORT[/tcp|udp|sctp]]
        SRC and DST are NAMESPACE/POD, POD (of the namespace default), or an address; an IPv6 address with a port stands in brackets.
        --counters shows which chain of the kernel judges each end, for pods of this machine, and how many packets it has denied since it was written.
        --probe tries the connections for real, for pods of this machine; explain then shows what the kernel counted of the try besides. Both need root.
        """;

    /// <summary>True if these arguments of <c>podwire</c> are this command's.</summary>
    public static bool Takes(string[] args) => args is ["explain", ..] && Array.IndexOf(args, "--policy") > 0 || args is ["policy", ..];

    /// <summary>Runs the command. 0 allowed (or printed), 1 failed or denied, 2 cannot be understood.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        string? kubeconfig = null, ns = null, port = null;
        var (isProbed, isCounted) = (false, false);
        var rest = new List<string>();
        for (var i = 1; i < args.Length; i++)
        {
            var value = i + 1 < args.Length ? args[i + 1] : null;
            switch (args[i])
            {
                case "--policy":
                    break;
                case "--probe":
                    isProbed = true;
                    break;
                case "--counters" when args[0] == "explain":
                    isCounted = true;
                    break;
                case "--kubeconfig" or "-n" or "--namespace" or "--port" when value is not null:
                    _ = args[i] switch { "--kubeconfig" => kubeconfig = value, "--port" => port = value, _ => ns = value };
                    i++;
                    break;
                case ['-', ..]:
                    await Console.Error.WriteLineAsync($"podwire: {args[i]} is unknown here or needs a value\n{Usage}").ConfigureAwait(false);
                    return 2;
                default:
                    rest.Add(args[i]);
                    break;
            }
        }

        try
        {
            if ((isProbed || isCounted) && !Environment.IsPrivilegedProcess)
            {
                await Console.Error.WriteLineAsync($"podwire: {(isProbed ? "--probe" : "--counters")} needs root, to enter pods' network namespaces: run it with sudo").ConfigureAwait(false);
                return 2;
            }

            using var machine = isProbed || isCounted ? MachineNamespaces.Look() : null;
            using var client = new KubeClient(KubeConfig.LoadDefault(kubeconfig), new() { UserAgent = "podwire" });
            if (args[0] == "explain" && rest is [var source, var target])
            {
                return Explain(new(await PolicyObjects.ReadAsync(client, default).ConfigureAwait(false)), source, target, Console.Out, machine, isProbed);
            }

            if (args[0] == "policy" && rest is ["matrix"])
            {
                return Matrix(new(await PolicyObjects.ReadAsync(client, default).ConfigureAwait(false)), ns ?? "default", port ?? "80", Console.Out, machine);
            }

            await Console.Error.WriteLineAsync(Usage).ConfigureAwait(false);
            return 2;
        }
        catch (FormatException e)
        {
            await Console.Error.WriteLineAsync($"podwire: {e.Message}").ConfigureAwait(false);
            return 2;
        }
        catch (Exception e) when (e is KubeConfigException or KubeApiException or HttpRequestException or IOException)
        {
            await Console.Error.WriteLineAsync($"podwire: {e.Message}").ConfigureAwait(false);
            return 1;
        }
    }

    /// <summary>Prints the verdict, who decided on each side, and what would have to be otherwise; 0 if it is allowed.</summary>
    /// <exception cref="FormatException">A pod that is not there, or something that is no address and port.</exception>
    internal static int Explain(PolicyReading reading, string source, string target, TextWriter output, MachineNamespaces? machine = null, bool isProbed = true)
    {
        var colon = target.LastIndexOf(':');
        if (colon < 0)
        {
            throw new FormatException($"'{target}' has no port: DST:PORT");
        }

        var (port, protocol) = Port(target[(colon + 1)..]);
        var result = 0;
        var servers = Addresses(reading, target[..colon].Trim('[', ']'));
        var clients = Addresses(reading, source);
        foreach (var server in servers)
        {
            foreach (var client in Array.FindAll(clients, client => client.Family == server.Family))
            {
                var (egress, ingress) = reading.Judge(client, server, protocol, port);
                var isAllowed = egress.IsAccepted && ingress.IsAccepted;
                result |= isAllowed ? 0 : 1;
                output.WriteLine($"{Name(reading, client)} -> {Name(reading, server)} {protocol.ToString().ToUpperInvariant()}/{port}: {(isAllowed ? "allowed" : "denied")}");
                var probed = machine is null ? null : isProbed ? Probed.Of(machine, client, server, protocol, port) : Probed.CountersOnly(machine, client, server);
                Side(output, "going out", egress, probed?.Egress);
                Side(output, "coming in", ingress, probed?.Ingress);
                if (probed is not null && isProbed)
                {
                    output.WriteLine($"  probe: {probed.Text(isAllowed)}");
                    result |= probed.IsOpen == !isAllowed ? 1 : 0;
                }
            }
        }

        return result;
    }

    /// <summary>Prints who reaches whom in a namespace; 1 if a probe contradicts the objects.</summary>
    internal static int Matrix(PolicyReading reading, string ns, string port, TextWriter output, MachineNamespaces? machine = null)
    {
        var (number, protocol) = Port(port);
        var pods = reading.Pods(ns);
        output.WriteLine($"namespace {ns}, {protocol.ToString().ToUpperInvariant()}/{number}: from the left to the top; x is denied{(machine is null ? string.Empty : ", ! is the contrary for real, ? cannot be tried from here")}");
        var width = 4;
        var numbers = new List<string>();
        foreach (var pod in pods)
        {
            width = Math.Max(width, pod.Key.Name.Length);
            numbers.Add($"{numbers.Count + 1,3}");
        }

        output.WriteLine($"{new string(' ', width)}  {string.Join(' ', numbers)}");
        var probes = machine is null ? null : ProbeAll(pods, protocol, number, machine);
        var result = 0;
        for (var i = 0; i < pods.Count; i++)
        {
            var cells = pods.ConvertAll(server => pods[i] == server ? "  -" : Cell(pods[i], server));
            output.WriteLine($"{pods[i].Key.Name.PadRight(width)}  {string.Join(' ', cells)}  {i + 1}");
        }

        return result;

        string Cell(PodRecord client, PodRecord server)
        {
            var isAllowed = false;
            if (Pair(client, server) is { } pair)
            {
                var (egress, ingress) = reading.Judge(pair.Client, pair.Server, protocol, number);
                isAllowed = egress.IsAccepted && ingress.IsAccepted;
            }

            var sign = isAllowed ? '.' : 'x';
            if (probes is null)
            {
                return $"  {sign}";
            }

            var open = probes.GetValueOrDefault((client.Key, server.Key));
            result |= open == !isAllowed ? 1 : 0;
            return $" {sign}{(open is null ? '?' : open == isAllowed ? ' ' : '!')}";
        }
    }

    private static Dictionary<(ObjectKey Client, ObjectKey Server), bool?> ProbeAll(List<PodRecord> pods, IpProtocol protocol, ushort port, MachineNamespaces machine)
    {
        var (keys, pairs) = (new List<(ObjectKey, ObjectKey)>(), new List<(IpAddress, IpAddress)>());
        foreach (var client in pods)
        {
            foreach (var server in pods)
            {
                if (client != server && Pair(client, server) is { } pair)
                {
                    keys.Add((client.Key, server.Key));
                    pairs.Add((pair.Client, pair.Server));
                }
            }
        }

        var open = new Probe(machine).TryAsync(pairs, protocol, port).GetAwaiter().GetResult();
        var found = new Dictionary<(ObjectKey, ObjectKey), bool?>();
        for (var i = 0; i < open.Length; i++)
        {
            found[keys[i]] = open[i];
        }

        return found;
    }

    /// <summary>Addresses of one family, the clients' first; null if they have none in common.</summary>
    private static (IpAddress Client, IpAddress Server)? Pair(PodRecord client, PodRecord server)
    {
        foreach (var from in client.Addresses)
        {
            foreach (var to in server.Addresses)
            {
                if (from.Family == to.Family)
                {
                    return (from, to);
                }
            }
        }

        return null;
    }

    private static void Side(TextWriter output, string side, SideVerdict verdict, string? counted)
    {
        output.WriteLine($"  {side}: {(verdict.IsAccepted ? "accepted" : "denied")}: {verdict.Reason}");
        foreach (var remedy in verdict.Remedies)
        {
            output.WriteLine($"    {remedy}");
        }

        if (counted is not null)
        {
            output.WriteLine($"    kernel: {counted}");
        }
    }

    private static IpAddress[] Addresses(PolicyReading reading, string text)
    {
        if (IpAddress.TryParse(text, out var address))
        {
            return [address];
        }

        var key = text.Contains('/') ? ObjectKey.Parse(text) : new ObjectKey("default", text);
        var pod = reading.Pod(key) ?? throw new FormatException($"there is no pod {key}");
        return pod.Addresses.Length > 0 ? pod.Addresses : throw new FormatException(pod.IsHostNetwork ? $"pod {key} is in its node's network: give the node's address" : $"pod {key} has no address");
    }

    private static string Name(PolicyReading reading, IpAddress address) => reading.PodAt(address) is { } pod ? $"{pod.Key} ({address})" : address.ToString();

    private static (ushort Port, IpProtocol Protocol) Port(string text)
    {
        var parts = text.Split('/');
        IpProtocol? protocol = parts.Length == 1 ? IpProtocol.Tcp : parts[1].ToLowerInvariant() switch { "tcp" => IpProtocol.Tcp, "udp" => IpProtocol.Udp, "sctp" => IpProtocol.Sctp, _ => null };
        return parts.Length <= 2 && protocol is { } known && ushort.TryParse(parts[0], out var port) && port > 0
            ? (port, known)
            : throw new FormatException($"'{text}' is not a port such as 80 or 53/udp");
    }
}
