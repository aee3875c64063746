using Podwire.CniFlannel.Agent;
using Podwire.OverlayBench;

// paths BINARIES AGENT MODES [ROUNDS]: throughput and latency of each way between two nodes, ours beside one made by hand.
// pairs BINARIES AGENT MODES ROUNDS: the throughput of ours and of the one made by hand, side by side, many times by turns.
// nodes AGENT COUNT: many nodes programmed at once, beside ip(8) and bridge(8); and one of them changed.
// agent ...: podwire-flannel itself, where no published one is at hand.
switch (args)
{
    case ["agent", .. var rest]:
        return await FlannelProgram.RunAsync(rest);
    case ["paths", var binaries, var agent, var modes, .. var more]:
        await PathBench.RunAsync(binaries, agent, modes.Split(','), more is [var rounds] ? int.Parse(rounds) : 3);
        return 0;
    case ["pairs", var tools, var program, var ways, var times]:
        await PairBench.RunAsync(tools, program, ways.Split(','), int.Parse(times));
        return 0;
    case ["nodes", var agent, var count]:
        await ScaleBench.RunAsync(agent, int.Parse(count));
        return 0;
    default:
        Console.Error.WriteLine("usage: paths BINARIES AGENT MODE,MODE... [ROUNDS] | pairs BINARIES AGENT MODE,MODE... ROUNDS | nodes AGENT COUNT | agent FLAG...");
        return 2;
}
