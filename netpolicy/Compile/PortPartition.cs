namespace Podwire.NetPolicy.Compile;

/// <summary>
/// The port line cut into port classes: two ports are in one class if the same lists of ports cover them, so rules cannot tell them apart.
/// Class 0 is what no list covers.
/// </summary>
internal sealed class PortPartition
{
    private readonly uint[] starts;
    private readonly int[] classes;

    private PortPartition(uint[] starts, int[] classes, int count) => (this.starts, this.classes, Count) = (starts, classes, count);

    /// <summary>How many classes there are.</summary>
    public int Count { get; }

    /// <summary>Cuts the line so that each of the lists is made of whole classes.</summary>
    public static PortPartition Of(IEnumerable<PortRange[]> lists)
    {
        var changes = new SortedDictionary<uint, List<(int List, bool Begins)>>
        {
            [0] = [], [1 << 16] = [], [2 << 16] = [], [PortLine.Other] = [],
        };
        var number = 0;
        foreach (var list in lists)
        {
            foreach (var range in list)
            {
                At(range.From).Add((number, true));
                At(range.To + 1).Add((number, false));
            }

            number++;
        }

        var starts = new List<uint>();
        var classes = new List<int>();
        var known = new Dictionary<string, int> { [string.Empty] = 0 };
        var active = new SortedDictionary<int, int>();
        foreach (var (at, here) in changes)
        {
            foreach (var (list, begins) in here)
            {
                // A list may name a port twice.
                var depth = active.GetValueOrDefault(list) + (begins ? 1 : -1);
                if (depth == 0)
                {
                    active.Remove(list);
                }
                else
                {
                    active[list] = depth;
                }
            }

            var signature = string.Join(',', active.Keys);
            if (!known.TryGetValue(signature, out var id))
            {
                known[signature] = id = known.Count;
            }

            starts.Add(at);
            classes.Add(id);
        }

        return new([.. starts], [.. classes], known.Count);

        List<(int List, bool Begins)> At(uint point) => changes.TryGetValue(point, out var list) ? list : changes[point] = [];
    }

    /// <summary>Equal for partitions that are cut alike.</summary>
    public override string ToString()
    {
        var text = new System.Text.StringBuilder();
        for (var i = 0; i < starts.Length; i++)
        {
            text.Append(starts[i]).Append('=').Append(classes[i]).Append(' ');
        }

        return text.ToString();
    }

    /// <summary>The class of a point.</summary>
    public int ClassOf(uint point)
    {
        var at = Array.BinarySearch(starts, point);
        return classes[at >= 0 ? at : ~at - 1];
    }

    /// <summary>The classes that a range is made of; its ends must be ends of classes.</summary>
    public void Collect(PortRange range, PortSet into)
    {
        var at = Array.BinarySearch(starts, range.From);
        for (at = at >= 0 ? at : ~at - 1; at < starts.Length && starts[at] <= range.To; at++)
        {
            into.Add(classes[at]);
        }
    }

    /// <summary>Every range of a class other than 0, in order, no range in two protocols.</summary>
    public IEnumerable<(PortRange Range, int Class)> Ranges()
    {
        for (var i = 0; i < starts.Length; i++)
        {
            if (classes[i] == 0)
            {
                continue;
            }

            var from = i;
            while (i + 1 < starts.Length && classes[i + 1] == classes[from] && starts[i + 1] >> 16 == starts[from] >> 16)
            {
                i++;
            }

            yield return (new(starts[from], starts[i + 1] - 1), classes[from]);
        }
    }
}
