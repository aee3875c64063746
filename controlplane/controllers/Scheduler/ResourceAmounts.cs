using Podwire.Kube.Objects;

namespace Podwire.Controllers.Scheduler;

/// <summary>
/// Amounts of resources by name: cpu in thousandths, everything else in whole units. Adding saturates, so that absurd requests
/// are merely too much and never wrap around to little.
/// </summary>
internal sealed class ResourceAmounts
{
    /// <summary>The resource that counts pods.</summary>
    public const string Pods = "pods";

    /// <summary>The resource of processor time.</summary>
    public const string Cpu = "cpu";

    /// <summary>The resource of memory.</summary>
    public const string Memory = "memory";

    private readonly Dictionary<string, long> amounts = new(StringComparer.Ordinal);

    /// <summary>The amount of a resource; 0 if there is none.</summary>
    public long this[string name]
    {
        get => amounts.GetValueOrDefault(name);
        set => amounts[name] = value;
    }

    /// <summary>The resources that have an amount, in the order of their names.</summary>
    public IEnumerable<KeyValuePair<string, long>> InOrder => amounts.OrderBy(pair => pair.Key, StringComparer.Ordinal);

    /// <summary>The amounts of a list as an object carries it.</summary>
    public static ResourceAmounts Of(IEnumerable<KeyValuePair<string, Quantity>> list)
    {
        var result = new ResourceAmounts();
        foreach (var (name, quantity) in list)
        {
            result[name] = Math.Max(0, name == Cpu ? quantity.MilliValue : quantity.Value);
        }

        return result;
    }

    /// <summary>Adds all amounts of another.</summary>
    public void Add(ResourceAmounts other)
    {
        foreach (var (name, amount) in other.amounts)
        {
            this[name] = Math.Min(long.MaxValue / 4, this[name] + Math.Min(long.MaxValue / 4, amount));
        }
    }

    /// <summary>Takes of each resource the larger amount.</summary>
    public void Raise(ResourceAmounts other)
    {
        foreach (var (name, amount) in other.amounts)
        {
            this[name] = Math.Max(this[name], amount);
        }
    }
}
