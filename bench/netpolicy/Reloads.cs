using System.Net;
using System.Net.Sockets;
using Podwire.Kube;
using Podwire.NetPolicy.Compile;
using Podwire.NetPolicy.State;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.NetPolicyBench;

/// <summary>Every rule and element is taken away and made anew, in one transaction each time, while denied packets keep coming and an allowed connection goes on.</summary>
internal sealed class Reloads
{
    public void Run(int count)
    {
        using var node = new BenchNode();
        using var nft = node.OpenNft();
        var cluster = BenchCluster.Of(10_000, 1000, 100, localPods: 110);
        var server = new ObjectKey("ns0", "server");
        cluster.Pods[server] = new() { Key = server, Node = BenchCluster.Node, Addresses = [IpAddress.Parse("10.244.8.2")], Labels = LabelSet.Of([new("app", "server")]) };
        var id = new PolicyId("ns0", "server");
        cluster.Policies[id] = new()
        {
            Id = id,
            Subject = new("ns0", null, LabelQuery.Parse("app=server")),
            HasIngress = true,
            Ingress = [new() { Peers = [PeerRecord.Of(new IpBlock(IpPrefix.Parse("10.244.9.2/32"), []))], Ports = [PortMatch.Range(IpProtocol.Tcp, 7, 7)] }],
        };
        // The pods of the cluster must not have the client's address, nor the server's: an older pod would not own it.
        foreach (var (key, pod) in cluster.Pods.ToList())
        {
            if (key != server && (pod!.Addresses[0].ToString() is "10.244.9.2" or "10.244.8.2"))
            {
                cluster.Pods.Remove(key);
            }
        }

        var model = new PolicyModel(BenchCluster.Node, new());
        model.Absorb(cluster);
        var table = model.ToTable(TableSchema.V4);
        nft.Apply(RulesetDiff.Replacing(table));
        using var denied = node["client"].Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        using var sink = node["server"].Run(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 500 };
            socket.Bind(new IPEndPoint(IPAddress.Any, 9));
            return socket;
        });
        using var listener = node["server"].Run(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Any, 7));
            socket.Listen(1);
            return socket;
        });
        using var allowed = node["client"].Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 10_000, NoDelay = true });
        allowed.Connect(IPAddress.Parse("10.244.8.2"), 7);
        using var accepted = listener.Accept();
        var ended = false;
        long sent = 0, echoed = 0, lost = 0;
        var flood = Start(() =>
        {
            var target = new IPEndPoint(IPAddress.Parse("10.244.8.2"), 9);
            while (!Volatile.Read(ref ended))
            {
                denied.SendTo([1], target);
                sent++;
            }
        });
        var echo = Start(() =>
        {
            var buffer = new byte[1];
            while (accepted.Receive(buffer) == 1)
            {
                accepted.Send(buffer);
            }
        });
        var talk = Start(() =>
        {
            var buffer = new byte[1];
            while (!Volatile.Read(ref ended))
            {
                allowed.Send(buffer);
                try
                {
                    allowed.Receive(buffer);
                    echoed++;
                }
                catch (SocketException)
                {
                    lost++;
                    return;
                }
            }
        });
        var reload = Reload(table);
        for (var i = 0; i < count; i++)
        {
            nft.Apply(reload);
        }

        Volatile.Write(ref ended, true);
        flood.Join();
        talk.Join();
        allowed.Shutdown(SocketShutdown.Send);
        echo.Join();
        long leaked = 0;
        try
        {
            while (sink.Receive(new byte[1]) > 0)
            {
                leaked++;
            }
        }
        catch (SocketException)
        {
            // Nothing more.
        }

        Console.WriteLine($"{count} full reloads ({table.Sets.Sum(static set => set.Elements.Count)} elements each) under traffic");
        Console.WriteLine($"  denied packets sent {sent}, leaked {leaked}; answers over the allowed connection {echoed}, connections lost {lost}");
    }

    /// <summary>
    /// Every rule and every element goes and comes again. The table stays: while one with the same hook takes its place, a packet can pass the new one before
    /// the commit and the old one behind it, and so meet no rule at all.
    /// </summary>
    private static NftBatch Reload(Table table)
    {
        var batch = new NftBatch();
        foreach (var chain in table.Chains)
        {
            batch.Add(new FlushChain(table.Id, chain.Name));
        }

        foreach (var set in table.Sets)
        {
            batch.Add(new FlushSet(table.Id, set.Name, set is NftMap));
        }

        foreach (var set in table.Sets)
        {
            batch.AddElements(table.Id, set, set.Elements.AsSpan());
        }

        foreach (var chain in table.Chains)
        {
            foreach (var rule in chain.Rules)
            {
                batch.Add(new AddRule(table.Id, chain.Name, rule));
            }
        }

        return batch;
    }

    private static Thread Start(Action work)
    {
        var thread = new Thread(() => work()) { IsBackground = true };
        thread.Start();
        return thread;
    }
}
