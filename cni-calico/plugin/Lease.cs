using System.Runtime.ExceptionServices;
using Podwire.Cni;

namespace Podwire.CniCalico.Plugin;

/// <summary>
/// Asks the IPAM plugin on a thread of its own: while the agent writes to the API server, the kernel makes the pair of links. Neither needs the
/// other, and each takes milliseconds.
/// </summary>
internal sealed class Lease
{
    private readonly string type;
    private readonly Thread thread;
    private CniResult? result;
    private Exception? failure;

    /// <summary>Begins to ask.</summary>
    public Lease(PluginCall call)
    {
        type = call.Config.IpamType;
        thread = new Thread(() => Ask(call), 256 * 1024) { IsBackground = true };
        thread.Start();
    }

    /// <summary>Waits for the addresses.</summary>
    /// <exception cref="CniException">The IPAM plugin's own; code 104 if it gave no address.</exception>
    public CniResult Result()
    {
        thread.Join();
        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        return result!.Ips.Count > 0 ? result : throw new CniException(CniErrorCode.DelegateFailed, $"IPAM plugin {type} gave no address");
    }

    /// <summary>Waits for the answer; true if there is something to give back.</summary>
    public bool Ended()
    {
        thread.Join();
        return failure is null;
    }

    private void Ask(PluginCall call)
    {
        try
        {
            result = call.Delegates.Add(type, call);
        }
        catch (Exception e)
        {
            // Whatever it is, the thread that waits throws it.
            failure = e;
        }
    }
}
