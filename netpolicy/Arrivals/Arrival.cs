using Podwire.Kube;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Arrivals;

/// <summary>A pod of this node that the CNI plugin is about to let begin.</summary>
/// <param name="Key">Namespace and name.</param>
/// <param name="Uid">Its identity; empty if the runtime does not tell.</param>
/// <param name="Addresses">The addresses it gets.</param>
internal sealed record Arrival(ObjectKey Key, string Uid, IpAddress[] Addresses)
{
    /// <summary>Completes with the answer: the pod's policies are programmed, or there are none.</summary>
    public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Reads <c>ADD namespace name uid address,address</c>; null if it is not that. A uid of <c>-</c> is none.</summary>
    public static Arrival? Parse(string line)
    {
        var words = line.Split(' ');
        if (words is not ["ADD", { Length: > 0 } ns, { Length: > 0 } name, var uid, var list])
        {
            return null;
        }

        var texts = list.Split(',');
        var addresses = new IpAddress[texts.Length];
        for (var i = 0; i < texts.Length; i++)
        {
            if (!IpAddress.TryParse(texts[i], out addresses[i]))
            {
                return null;
            }
        }

        return new(new(ns, name), uid == "-" ? string.Empty : uid, addresses);
    }
}
