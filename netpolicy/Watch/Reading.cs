using Podwire.Kube.Objects;
using Podwire.NetPolicy.State;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Watch;

/// <summary>Reads the fields of one policy. What cannot be used is noted, and left out in such a way that less is accepted and not more.</summary>
internal sealed class Reading
{
    private readonly List<string> problems = [];

    /// <summary>What could not be used, and why.</summary>
    public IReadOnlyList<string> Problems => problems;

    /// <summary>Notes what could not be used.</summary>
    public void Skip(string problem) => problems.Add(problem);

    /// <summary>A selector; null if it cannot be used.</summary>
    public LabelQuery? Query(string field, LabelSelector selector)
    {
        try
        {
            return LabelQuery.Read(selector);
        }
        catch (FormatException e)
        {
            Skip($"{field}: {e.Message}");
            return null;
        }
    }

    /// <summary>A block; null if it cannot be used.</summary>
    public IpBlock? Block(string field, string? cidr, List<string> except)
    {
        if (cidr is null || !IpPrefix.TryParse(cidr, out var prefix))
        {
            Skip($"{field}: '{cidr}' is not an address with a prefix length");
            return null;
        }

        var left = new IpPrefix[except.Count];
        for (var i = 0; i < left.Length; i++)
        {
            if (!IpPrefix.TryParse(except[i], out left[i]) || !prefix.Contains(left[i]))
            {
                Skip($"{field}.except: '{except[i]}' is not a block inside {cidr}");
                return null;
            }

            left[i] = left[i].Masked;
        }

        return new(prefix.Masked, left);
    }

    /// <summary>The protocol; null if it is none that rules can name.</summary>
    public IpProtocol? Protocol(string field, string? text)
    {
        switch (text)
        {
            case null or "" or "TCP":
                return IpProtocol.Tcp;
            case "UDP":
                return IpProtocol.Udp;
            case "SCTP":
                return IpProtocol.Sctp;
            default:
                Skip($"{field}: protocol '{text}' is not TCP, UDP or SCTP");
                return null;
        }
    }

    /// <summary>True for a port from 1 to 65535.</summary>
    public bool IsPort(string field, int number)
    {
        if (number is >= 1 and <= 65535)
        {
            return true;
        }

        Skip($"{field}: {number} is not a port");
        return false;
    }
}
