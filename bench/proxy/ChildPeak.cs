namespace Podwire.ProxyBench;

/// <summary>Looks at the children of a process every few milliseconds, for the most memory that one of them takes.</summary>
internal sealed class ChildPeak : IDisposable
{
    private readonly Thread thread;
    private volatile bool over;
    private double megabytes;

    /// <summary>Looks until disposed.</summary>
    public ChildPeak(int process)
    {
        thread = new(() =>
        {
            while (!over)
            {
                Volatile.Write(ref megabytes, Math.Max(megabytes, Shell.PeakOfChildren(process)));
                Thread.Sleep(20);
            }
        })
        { IsBackground = true };
        thread.Start();
    }

    /// <summary>The most so far, in MB.</summary>
    public double Megabytes => Volatile.Read(ref megabytes);

    public void Dispose()
    {
        over = true;
        thread.Join();
    }
}
