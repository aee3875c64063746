namespace Podwire.Proxy.Explain;

/// <summary>Goes through every way that chance may take: the same walk again and again, each time with the next answers.</summary>
internal sealed class WayChoices
{
    private readonly List<(int Answer, int Of)> answers = [];
    private int at;

    /// <summary>One of so many: 0 at first.</summary>
    public int Take(int of)
    {
        if (at == answers.Count)
        {
            answers.Add((0, of));
        }

        return answers[at++].Answer;
    }

    /// <summary>Turns to the next way; false when all were gone.</summary>
    public bool Next()
    {
        answers.RemoveRange(at, answers.Count - at);
        at = 0;
        while (answers.Count > 0 && answers[^1].Answer == answers[^1].Of - 1)
        {
            answers.RemoveAt(answers.Count - 1);
        }

        if (answers.Count == 0)
        {
            return false;
        }

        answers[^1] = (answers[^1].Answer + 1, answers[^1].Of);
        return true;
    }
}
