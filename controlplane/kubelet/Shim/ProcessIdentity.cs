using System.Globalization;
using System.Text.Json.Serialization;
using Podwire.Kubelet.Interop;

namespace Podwire.Kubelet.Shim;

/// <summary>A process that cannot be mistaken for a later one with the same number.</summary>
/// <param name="Pid">Its number.</param>
/// <param name="StartTime">Clock ticks between boot and its start: field 22 of /proc/PID/stat (proc(5)).</param>
internal sealed record ProcessIdentity(int Pid, ulong StartTime)
{
    /// <summary>The process that has the number now; null if there is none or only its zombie.</summary>
    public static ProcessIdentity? Of(int pid) => Read(pid) is { State: not ("Z" or "X") } stat ? new(pid, stat.StartTime) : null;

    /// <summary>The living members of a session (setsid(2)).</summary>
    public static IEnumerable<ProcessIdentity> Session(int session)
    {
        foreach (var directory in Directory.GetDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                && Read(pid) is { State: not ("Z" or "X") } stat && stat.Session == session)
            {
                yield return new(pid, stat.StartTime);
            }
        }
    }

    /// <summary>True while this very process runs.</summary>
    [JsonIgnore]
    public bool IsAlive => Of(Pid) == this;

    /// <summary>Sends a signal to this process and to no other; false if it is gone.</summary>
    public bool Signal(int signal)
    {
        var pidfd = Libc.pidfd_open(Pid);
        if (pidfd < 0)
        {
            return false;
        }

        try
        {
            // The pidfd pins whoever has the number; only then is the comparison worth anything.
            return IsAlive && Libc.pidfd_send_signal(pidfd, signal) == 0;
        }
        finally
        {
            _ = Libc.close(pidfd);
        }
    }

    private static (string State, int Session, ulong StartTime)? Read(int pid)
    {
        string stat;
        try
        {
            stat = File.ReadAllText($"/proc/{pid}/stat");
        }
        catch (IOException)
        {
            return null;
        }

        // The second field, the name, may hold spaces and brackets: count from its last bracket.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (fields[0], int.Parse(fields[3], CultureInfo.InvariantCulture), ulong.Parse(fields[19], CultureInfo.InvariantCulture));
    }
}
