using System.Net.Sockets;
using Podwire.Bgp.Session;
using Podwire.BgpDaemon.Config;
using Podwire.Primitives;

namespace Podwire.BgpDaemon.Loop;

/// <content>The configuration as it is, and another in its place.</content>
public sealed partial class SpeakerLoop
{
    private readonly List<Listener> listeners = [];
    private Dictionary<IpAddress, NeighborSettings> settings = [];

    /// <summary>
    /// Puts another configuration in place. Sessions whose agreement has not changed go on, those of changed policies too. On the loop's thread.
    /// </summary>
    /// <exception cref="ConfigException">It changes what cannot change while running; nothing is changed.</exception>
    /// <exception cref="IOException">An address cannot be listened on; nothing but the listeners is changed.</exception>
    public void Reload(ReflectorConfig next)
    {
        ArgumentNullException.ThrowIfNull(next);
        RequireSame("asn, routerId, clusterId and deferral", config.Speaker == next.Speaker);
        RequireSame("kernel and multipath", (config.Kernel, config.Multipath) == (next.Kernel, next.Multipath));
        RequireSame("stateSocket and metrics", (config.StateSocket, config.Metrics) == (next.StateSocket, next.Metrics));
        var now = EventLoop.Now;
        var before = settings;
        var networks = config.Networks;
        OpenListeners(next);
        config = next;
        foreach (var neighbor in speaker.Neighbors.Where(static neighbor => !neighbor.IsDynamic).ToArray())
        {
            var address = neighbor.Config.Address;
            if (!settings.TryGetValue(address, out var wantedNow) || !before[address].HasTransportOf(wantedNow))
            {
                speaker.Remove(neighbor, now);
            }
            else
            {
                speaker.Change(neighbor, wantedNow.Session, now);
            }
        }

        ReloadRanges(now);
        foreach (var neighbor in next.Neighbors.Where(neighbor => speaker.Find(neighbor.Session.Address) is null))
        {
            speaker.Add(neighbor.Session, now);
        }

        foreach (var gone in networks.Except(next.Networks))
        {
            speaker.Withdraw(gone);
        }

        foreach (var made in next.Networks.Except(networks))
        {
            speaker.Originate(made);
        }

        if (kernel is not null)
        {
            kernel.Except = next.KernelExcept;
        }

        wasDisturbed = true;
    }

    private void ReloadRanges(long now)
    {
        speaker.ClearRanges();
        foreach (var range in config.Ranges)
        {
            speaker.AddRange(range.Range, range.Template.Session);
        }

        foreach (var neighbor in speaker.Neighbors.Where(static neighbor => neighbor.IsDynamic).ToArray())
        {
            var peer = peers.Find(peer => peer.Connection?.Neighbor == neighbor);
            if (settings.ContainsKey(neighbor.Config.Address) || SettingsOf(neighbor.Config.Address) is not { } wantedNow || peer?.Settings.HasTransportOf(wantedNow) == false)
            {
                speaker.Remove(neighbor, now);
            }
            else
            {
                speaker.Change(neighbor, wantedNow.Session with { Address = neighbor.Config.Address, IsPassive = true }, now);
            }
        }
    }

    private static void RequireSame(string keys, bool isSame)
    {
        if (!isSame)
        {
            throw new ConfigException($"{keys} cannot change while running; restart for that");
        }
    }

    private void OpenListeners(ReflectorConfig next)
    {
        var opened = new List<Listener>();
        try
        {
            foreach (var address in next.Listen.Where(address => listeners.TrueForAll(there => there.Address != address)))
            {
                opened.Add(Listener.Open(address, Accept));
            }

            settings = next.Neighbors.ToDictionary(static neighbor => neighbor.Session.Address);
            foreach (var listener in listeners.Concat(opened))
            {
                SetPasswords(listener, next);
            }
        }
        catch (SocketException e)
        {
            opened.ForEach(static listener => listener.Dispose());
            throw new IOException($"listening on {string.Join(", ", next.Listen.Select(static address => $"{address.Address} port {address.Port}"))}: {e.Message}", e);
        }

        foreach (var listener in listeners.Where(listener => !next.Listen.Contains(listener.Address)).ToArray())
        {
            listeners.Remove(listener);
            loop.Close(listener);
        }

        foreach (var listener in opened)
        {
            loop.Add(listener);
            listeners.Add(listener);
        }
    }

    private void SetPasswords(Listener listener, ReflectorConfig next)
    {
        var family = listener.Address.Address.Family;
        var before = listeners.Contains(listener) ? Passwords(config) : [];
        var after = Passwords(next);
        foreach (var (peers, password) in before.Where(entry => entry.Key.Family == family && !after.ContainsKey(entry.Key)))
        {
            SocketOptions.SetPassword(listener.Socket, peers, null);
        }

        foreach (var (peers, password) in after.Where(entry => entry.Key.Family == family))
        {
            SocketOptions.SetPassword(listener.Socket, peers, password);
        }

        if (next.Neighbors.Any(static neighbor => neighbor.Hops > 0) || next.Ranges.Any(static range => range.Template.Hops > 0))
        {
            SocketOptions.SendWithAllHops(listener.Socket, family);
        }
    }

    private static Dictionary<IpPrefix, string> Passwords(ReflectorConfig of)
    {
        var passwords = new Dictionary<IpPrefix, string>();
        foreach (var range in of.Ranges.Where(static range => range.Template.Password is not null))
        {
            passwords[range.Range] = range.Template.Password!;
        }

        foreach (var neighbor in of.Neighbors.Where(static neighbor => neighbor.Password is not null))
        {
            passwords[IpPrefix.Host(neighbor.Session.Address)] = neighbor.Password!;
        }

        return passwords;
    }
}
