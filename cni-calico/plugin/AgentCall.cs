using System.Text;
using Podwire.Cni;
using Podwire.Netlink;

namespace Podwire.CniCalico.Plugin;

/// <summary>
/// Asks podwire-calico on this node: one line there, one line back. The agent has the pools, the blocks and a connection to the API server at
/// hand, which a program that lives for milliseconds would have to make each time.
/// </summary>
internal static class AgentCall
{
    // A block may have to be claimed from an API server that is busy.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Asks; the words of the answer after «ok».</summary>
    /// <exception cref="CniException">What the agent answered; code 11 if it does not answer.</exception>
    public static string[] Ask(string socket, params IReadOnlyList<string> words)
    {
        var line = new StringBuilder();
        foreach (var word in words)
        {
            if (word.AsSpan().ContainsAnyExceptInRange('!', '~'))
            {
                throw new CniException(CniErrorCode.InvalidNetworkConfig, $"'{word}' has characters that no name has");
            }

            line.Append(line.Length == 0 ? string.Empty : " ").Append(word);
        }

        string? answer;
        bool isThere;
        try
        {
            answer = LocalRequest.Ask(socket, line.ToString(), Patience, out isThere);
        }
        catch (SyscallException e)
        {
            throw new CniException(CniErrorCode.TryAgainLater, $"podwire-calico cannot be asked: {e.Message}", inner: e);
        }

        if (answer is null)
        {
            throw new CniException(CniErrorCode.TryAgainLater, isThere ? $"podwire-calico at {socket} does not answer" : $"podwire-calico does not listen at {socket}: is it running on this node?");
        }

        return Read(answer);
    }

    /// <summary>Takes an answer apart: the words after «ok».</summary>
    /// <exception cref="CniException">What it says, or that it is none.</exception>
    internal static string[] Read(string answer)
    {
        var parts = answer.Split(' ');
        if (parts[0] == "ok")
        {
            return parts[1..];
        }

        throw parts is ["error", var code, ..] && int.TryParse(code, out var number)
            ? new CniException((CniErrorCode)number, string.Join(' ', parts[2..]))
            : new CniException(CniErrorCode.DelegateFailed, "podwire-calico answered something strange", answer);
    }
}
