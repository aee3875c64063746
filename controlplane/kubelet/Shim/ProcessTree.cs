using System.Globalization;
using Podwire.Kubelet.Interop;

namespace Podwire.Kubelet.Shim;

/// <summary>Ends all that a container left behind. As child subreaper (prctl(2)) the shim inherits every orphan below it.</summary>
internal static class ProcessTree
{
    /// <summary>Kills and reaps every descendant of this process, those included that are forked meanwhile.</summary>
    public static unsafe void EndChildren()
    {
        while (true)
        {
            foreach (var child in Children(Environment.ProcessId))
            {
                Kill(child);
            }

            int status;
            if (Libc.waitpid(-1, &status, 0) < 0 && Libc.LastIs(Primitives.Errno.ECHILD))
            {
                return;
            }
        }
    }

    private static void Kill(int pid)
    {
        // From the leaves up is not needed: orphans come to the shim. Down the tree first spares them a moment of freedom.
        foreach (var child in Children(pid))
        {
            Kill(child);
        }

        _ = Libc.kill(pid, Libc.SIGKILL);
    }

    private static List<int> Children(int pid)
    {
        var children = new List<int>();
        try
        {
            foreach (var task in Directory.GetDirectories($"/proc/{pid}/task"))
            {
                foreach (var word in File.ReadAllText(Path.Combine(task, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
                {
                    children.Add(int.Parse(word, CultureInfo.InvariantCulture));
                }
            }
        }
        catch (IOException)
        {
            // It ended between two looks.
        }

        return children;
    }
}
