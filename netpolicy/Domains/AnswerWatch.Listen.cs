using Podwire.Netlink;
using Podwire.Netlink.Packets;
using Podwire.NetPolicy.Compile;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Domains;

/// <content>What its thread does: reads answers, lets addresses come and go with them, and keeps them for a later process.</content>
internal sealed partial class AnswerWatch
{
    private void Listen(CancellationToken cancel)
    {
        IPacketSource? source = null;
        var packets = new List<CapturedPacket>();
        try
        {
            while (!cancel.IsCancellationRequested)
            {
                var wake = Volatile.Read(ref woken);
                Follow();
                if (wanted.Count == 0)
                {
                    source?.Dispose();
                    source = null;
                }
                else
                {
                    source ??= Open();
                }

                var pause = Expire();
                using var until = CancellationTokenSource.CreateLinkedTokenSource(cancel, wake.Token);
                if (source is null)
                {
                    until.Token.WaitHandle.WaitOne(wanted.Count == 0 ? pause : TryAgain);
                    continue;
                }

                if (source.Wait(pause, until.Token))
                {
                    packets.Clear();
                    if (!source.Read(packets))
                    {
                        PolicyLog.AnswersLost(logger);
                    }

                    packets.ForEach(packet => Take(source, packet));
                }

                desk.ReleaseOverdue();
            }
        }
        finally
        {
            Save(force: true);
            source?.Dispose();
        }
    }

    private void Follow()
    {
        foreach (var gone in observed.Want(wanted))
        {
            full.Remove(gone);
            state.SetDomain(gone, null);
        }

        metrics.Observed(observed.Count);
    }

    private IPacketSource? Open()
    {
        try
        {
            var opened = kernel.In<IPacketSource>(() => path == AnswerPath.Queue ? NfQueueSocket.Open(Number) : NfLogSocket.Open(Number));
            PolicyLog.AnswersObserved(logger, path == AnswerPath.Queue ? "held until their addresses are in force" : "copied");
            problem = null;
            return opened;
        }
        catch (Exception e) when (e is NetlinkException or SyscallException)
        {
            if (problem != e.Message)
            {
                PolicyLog.AnswersUnobserved(logger, e.Message);
            }

            problem = e.Message;
            return null;
        }
    }

    private void Take(IPacketSource source, CapturedPacket packet)
    {
        var now = clock.GetUtcNow();
        var news = new HashSet<string>();
        foreach (var answer in reader.Read(packet.Bytes))
        {
            foreach (var wildcard in observed.Match(answer.Name))
            {
                isUnwritten = true;
                if (observed.Take(wildcard, answer.Addresses, TimeSpan.FromSeconds(answer.Ttl), now, out var dropped))
                {
                    news.Add(wildcard);
                }

                metrics.Answered(dropped);
                if (dropped > 0 && full.Add(wildcard))
                {
                    PolicyLog.TooManyAddresses(logger, wildcard, ObservedDomains.MostAddresses);
                    overflowed(wildcard);
                }
            }
        }

        // One that says the same as one before it waits for the same run.
        if (source.IsHolding && (news.Count > 0 || desk.IsHolding))
        {
            desk.Hold(source, packet.Id);
        }
        else
        {
            source.Accept(packet.Id);
        }

        Publish(news);
        Save(force: false);
    }

    private void Publish(IEnumerable<string> wildcards)
    {
        foreach (var wildcard in wildcards)
        {
            state.SetDomain(wildcard, observed.At(wildcard));
        }

        metrics.Observed(observed.Count);
    }

    /// <summary>Forgets what is over; returns how long nothing is to be done.</summary>
    private TimeSpan Expire()
    {
        var now = clock.GetUtcNow();
        var over = observed.Expire(now, InUse, out var next);
        isUnwritten |= over.Count > 0;
        Publish(over);
        Save(force: false);
        var pause = desk.IsHolding || isUnwritten ? BetweenWrites : LookAgain;
        return next is { } at && at - now < pause ? (at > now ? at - now : TimeSpan.Zero) : pause;
    }

    private IReadOnlySet<IpAddress> InUse(HashSet<IpAddress> addresses)
    {
        try
        {
            return kernel.ServersInUse(addresses, pods());
        }
        catch (Exception e) when (e is NetlinkException or SyscallException)
        {
            if (problem != e.Message)
            {
                PolicyLog.ConnectionsUnknown(logger, e.Message);
            }

            // Who has a connection keeps it; the next look is a grace away.
            problem = e.Message;
            return addresses;
        }
    }

    private void Save(bool force)
    {
        var now = clock.GetUtcNow();
        if (isUnwritten && (force || now - written >= BetweenWrites))
        {
            if (file.Write(observed.All()) is { } reason && problem != reason)
            {
                problem = reason;
                PolicyLog.AnswersNotKept(logger, reason);
            }

            (written, isUnwritten) = (now, false);
        }
    }
}
