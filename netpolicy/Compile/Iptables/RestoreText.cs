using System.Text;

namespace Podwire.NetPolicy.Compile.Iptables;

/// <summary>One run of iptables-restore --noflush on the table filter: whole chains written anew or deleted, and the jump in FORWARD.</summary>
internal sealed class RestoreText
{
    private readonly Dictionary<string, string[]> written = [];
    private readonly HashSet<string> deleted = [];
    private int staleJumps;
    private bool isJumpInserted;

    /// <summary>True if there is nothing to do.</summary>
    public bool IsEmpty => LineCount == 0;

    /// <summary>Rules and chains that it touches.</summary>
    public int LineCount { get; private set; }

    /// <summary>Writes a chain as a whole, making it where it is not there.</summary>
    public void Write(string chain, string[] rules)
    {
        written[chain] = rules;
        deleted.Remove(chain);
        LineCount += rules.Length + 1;
    }

    /// <summary>Deletes a chain that nothing leads to any more.</summary>
    public void Delete(string chain)
    {
        if (!written.ContainsKey(chain) && deleted.Add(chain))
        {
            LineCount++;
        }
    }

    /// <summary>Makes the jump the first rule of FORWARD.</summary>
    /// <param name="stale">How often it is there already, in other places.</param>
    public void PutJump(int stale)
    {
        (staleJumps, isJumpInserted) = (stale, true);
        LineCount += stale + 1;
    }

    /// <summary>Takes the jump out of FORWARD.</summary>
    /// <param name="count">How often it is there.</param>
    public void RemoveJump(int count)
    {
        staleJumps = count;
        LineCount += count;
    }

    /// <summary>A chain line makes a chain or empties it, so everything that is deleted is emptied first.</summary>
    public override string ToString()
    {
        var text = new StringBuilder("*filter\n");
        foreach (var chain in written.Keys)
        {
            text.Append(':').Append(chain).Append(" - [0:0]\n");
        }

        foreach (var chain in deleted)
        {
            text.Append(':').Append(chain).Append(" - [0:0]\n");
        }

        for (var i = 0; i < staleJumps; i++)
        {
            text.Append("-D FORWARD ").Append(IptablesCompiler.Jump).Append('\n');
        }

        foreach (var (chain, rules) in written)
        {
            foreach (var rule in rules)
            {
                text.Append("-A ").Append(chain).Append(' ').Append(rule).Append('\n');
            }
        }

        if (isJumpInserted)
        {
            text.Append("-I FORWARD ").Append(IptablesCompiler.Jump).Append('\n');
        }

        foreach (var chain in deleted)
        {
            text.Append("-X ").Append(chain).Append('\n');
        }

        return text.Append("COMMIT\n").ToString();
    }
}
