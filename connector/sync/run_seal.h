// Sealing while a run goes on: at its begin, every minute, at its end; and the question whether the
// run may push. What goes wrong is kept, not thrown at the run: only too long without a signature
// stops it. Owner thread of the ledger.
#pragma once

#include <string>

#include "connector/sync/progress.h"
#include "connector/sync/seal.h"

namespace dvcsync::sync {

class RunSealing final : public Progress {
  public:
    // `notary` may be null: nothing is signed, and nothing is stopped. Borrowed, all three.
    RunSealing(Notary* notary, ledger::Ledger& ledger, Progress& shown)
        : notary_(notary), ledger_(ledger), shown_(shown) {}

    void seal() {
        if (notary_ == nullptr) return;
        const auto sealed = notary_->seal(ledger_);
        trouble_ = sealed ? sealed->stamp_trouble : sealed.error().message;
    }
    Result<std::string> why_not() const {
        return notary_ == nullptr ? std::string() : notary_->why_not(ledger_, trouble_);
    }
    // What the last sealing could not do; "": all is well.
    const std::string& trouble() const { return trouble_; }

    void begin(std::string_view what, std::size_t total) override { shown_.begin(what, total); }
    void end(std::size_t done) override { shown_.end(done); }
    void at(std::size_t done) override {
        shown_.at(done);
        if (notary_ != nullptr && notary_->due()) seal();
    }

  private:
    Notary* notary_;
    ledger::Ledger& ledger_;
    Progress& shown_;
    std::string trouble_;
};

}  // namespace dvcsync::sync
