using Podwire.NetPolicy.State;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Compile;

/// <summary>Whom a snapshot is about, where the kernel does not take it.</summary>
internal sealed partial class PolicyModel
{
    /// <summary>The addresses of this node that a snapshot may have given other rules: its pods that are policed, and those that a policy in it selects.</summary>
    public List<IpAddress> Touched(PolicySnapshot snapshot)
    {
        var found = new List<IpAddress>();
        foreach (var address in slots.Keys)
        {
            if (PodAt(address) is { } pod && (snapshot.Pods.ContainsKey(pod.Key) || snapshot.Namespaces.ContainsKey(pod.Key.Namespace)
                || snapshot.Policies.Values.Any(policy => policy?.Subject.Matches(pod.Key.Namespace, LabelsOf(pod.Key.Namespace), pod.Labels) == true)))
            {
                found.Add(address);
            }
        }

        return found;
    }
}
