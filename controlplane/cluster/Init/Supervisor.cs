using System.Collections.Concurrent;
using System.Text.Json;
using Podwire.Cluster.Interop;

namespace Podwire.Cluster.Init;

/// <summary>
/// Keeps a node's services running, as systemd would (Restart=always, back-off from 100 ms to 5 s), and collects orphans,
/// because it is process 1 of the node's PID namespace. When it ends, the kernel ends every process of the node.
/// </summary>
internal sealed class Supervisor(InitSpec spec, string statusFile, TextWriter log)
{
    private const int ListenFd = 3;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan GoodRun = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan EndingLimit = TimeSpan.FromSeconds(3);

    private readonly BlockingCollection<(int Pid, int Status)> ended = [];
    private readonly object spawned = new();
    private readonly List<Service> services = [.. spec.Services.Select(service => new Service(service))];

    /// <summary>Runs until the token is cancelled; then ends the services with SIGTERM, and what is left after 3 seconds with SIGKILL.</summary>
    public int Run(CancellationToken cancel)
    {
        new Thread(Reap) { IsBackground = true, Name = "reaper" }.Start();
        foreach (var service in services)
        {
            Start(service);
        }

        WriteStatus();
        while (!cancel.IsCancellationRequested)
        {
            (int Pid, int Status) end;
            try
            {
                if (!ended.TryTake(out end, UntilNextStart(), cancel))
                {
                    StartDue();
                    continue;
                }
            }
            catch (OperationCanceledException)
            {
                break;
            }

            if (services.Find(service => service.Pid == end.Pid) is { } dead)
            {
                OnEnd(dead, end.Status);
                WriteStatus();
            }
        }

        EndAll();
        return 0;
    }

    private void Reap()
    {
        while (true)
        {
            var pid = Libc.WaitPid(-1, out var status, 0);
            if (pid > 0)
            {
                ended.Add((pid, status));
            }
            else
            {
                // No child at all: wait until one is started. The time-out covers a start between the two calls.
                lock (spawned)
                {
                    Monitor.Wait(spawned, FirstDelay);
                }
            }
        }
    }

    private int UntilNextStart()
    {
        var next = services.Where(service => service.Pid == 0).Select(service => service.StartAt).DefaultIfEmpty(DateTime.MaxValue).Min();
        return next == DateTime.MaxValue ? Timeout.Infinite : (int)Math.Max(0, Math.Ceiling((next - DateTime.UtcNow).TotalMilliseconds));
    }

    private void StartDue()
    {
        foreach (var service in services.Where(service => service.Pid == 0 && service.StartAt <= DateTime.UtcNow))
        {
            Start(service);
            service.Restarts++;
        }

        WriteStatus();
    }

    private void Start(Service service)
    {
        var environment = ChildProcess.CurrentEnvironment();
        var command = service.Spec.Command;
        using var actions = new SpawnFileActions().ToLog(service.Spec.Log);
        if (service.Spec.TakesListener)
        {
            actions.Pass(ListenFd, ListenFd);
            environment["LISTEN_FDS"] = "1";
            // sd_listen_fds(3) wants the receiver's own pid, which only the receiver knows: a shell sets it and becomes the service.
            command = ["/bin/sh", "-c", "LISTEN_PID=$$ exec \"$0\" \"$@\"", .. command];
        }

        service.StartedAt = DateTime.UtcNow;
        try
        {
            service.Pid = ChildProcess.Start(command, environment, actions, newSession: true);
            lock (spawned)
            {
                Monitor.PulseAll(spawned);
            }

            log.WriteLine($"init: {service.Spec.Name} started, pid {service.Pid}");
        }
        catch (SpawnException e)
        {
            log.WriteLine($"init: {service.Spec.Name}: {e.Message}");
            service.Delay = LongestDelay;
            service.StartAt = DateTime.UtcNow + service.Delay;
        }
    }

    private void OnEnd(Service service, int status)
    {
        var ranFor = DateTime.UtcNow - service.StartedAt;
        service.Delay = ranFor > GoodRun ? FirstDelay : service.Delay == default ? FirstDelay : TimeSpan.FromTicks(Math.Min(service.Delay.Ticks * 2, LongestDelay.Ticks));
        service.Pid = 0;
        service.StartAt = DateTime.UtcNow + service.Delay;
        log.WriteLine($"init: {service.Spec.Name} ended with {ChildProcess.ExitCode(status)} after {ranFor.TotalSeconds:F1} s, starting it again in {service.Delay.TotalMilliseconds} ms");
    }

    private void EndAll()
    {
        foreach (var service in services.Where(service => service.Pid != 0))
        {
            Libc.Kill(service.Pid, Libc.SIGTERM);
        }

        var limit = DateTime.UtcNow + EndingLimit;
        while (services.Exists(service => service.Pid != 0) && ended.TryTake(out var end, (int)Math.Max(0, (limit - DateTime.UtcNow).TotalMilliseconds)))
        {
            if (services.Find(service => service.Pid == end.Pid) is { } dead)
            {
                dead.Pid = 0;
            }
        }
    }

    private void WriteStatus()
    {
        var running = services.Select(service => new RunningService(service.Spec.Name, service.Pid, service.Restarts)).ToArray();
        File.WriteAllText(statusFile + ".new", JsonSerializer.Serialize(running, ClusterJson.Default.IReadOnlyListRunningService));
        File.Move(statusFile + ".new", statusFile, overwrite: true);
    }

    private sealed class Service(ServiceSpec spec)
    {
        public ServiceSpec Spec { get; } = spec;

        public int Pid { get; set; }

        public int Restarts { get; set; }

        public DateTime StartedAt { get; set; }

        public DateTime StartAt { get; set; }

        public TimeSpan Delay { get; set; }
    }
}
