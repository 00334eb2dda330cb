using DctNet.Client;

namespace DctNet.Cli.Output;

/// <summary>One file's place in a display.</summary>
internal interface IFileProgress : IProgress<TransferProgress>, IDisposable;
